# From unit to unit: returned with a reason, transferred to enforcement, fixed on the spot.
pack sanitation
start 2021-04-16T09:00
unit district kind=district
unit town in=district kind=town does=dispatch_desk
unit enforcement in=town kind=department
unit v04 in=town kind=village
person inspector@town on=v04
person dispatcher@town
person handler@v04
person unit_head@v04
person handler@enforcement
person acceptor@town

> inspector@town open class=0406 source=patrol place=v04 photo=before
  -> reported
> inspector@town file
  -> filed
> dispatcher@town dispatch unit=v04 measure=劝导 standard=通道畅通
  -> assigned responsible=v04
> handler@v04 receive
  -> rectifying
> handler@v04 return reason=not_ours_after
  refused: not_allowed
> unit_head@v04 return
  refused: missing reason
> unit_head@v04 return reason=needs_others
  -> filed responsible=town
> dispatcher@town dispatch unit=v04
  -> assigned responsible=v04
> handler@v04 receive
  -> rectifying
> dispatcher@town transfer unit=v04 reason=wrong_unit
  refused: already
> dispatcher@town transfer reason=enforcement
  refused: missing unit
> dispatcher@town transfer unit=enforcement reason=enforcement
  -> assigned responsible=enforcement
> handler@v04 receive
  refused: not_allowed
> handler@enforcement receive
  -> rectifying
> handler@enforcement declare photo=after measure_done=已劝离
  -> accepting
> acceptor@town accept checklist=all
  -> closed cleared=yes

# Fixed before the inspector's eyes, before receipt and after it.
> inspector@town open class=0410 source=patrol place=v04 photo=before
  -> reported
> inspector@town file
  -> filed
> dispatcher@town dispatch unit=v04 measure=摆放 standard=排列整齐
  -> assigned
> inspector@town fix_on_spot_assigned photo=after@3m
  refused: missing person
> inspector@town fix_on_spot_assigned person=handler@v04 photo=after@3m
  -> closed cleared=yes

> inspector@town open class=0410 source=patrol place=v04 photo=before
  -> reported
> inspector@town file
  -> filed
> dispatcher@town dispatch unit=v04 measure=摆放 standard=排列整齐
  -> assigned
> handler@v04 receive
  -> rectifying
> inspector@town fix_on_spot person=handler@v04 photo=after@50m
  refused: missing after
> inspector@town fix_on_spot person=handler@v04 photo=after@3m
  -> closed cleared=yes
