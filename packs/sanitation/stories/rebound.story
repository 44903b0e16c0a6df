# Back again: a return by the unit, a clearance, and the same thing at the same spot a month later.
pack sanitation
start 2021-04-16T09:00
unit district kind=district
unit town in=district kind=town does=dispatch_desk
unit v03 in=town kind=village
unit v04 in=town kind=village
person inspector@town on=v04
person intake@town
person dispatcher@town
person handler@v03
person handler@v04
person acceptor@town

> inspector@town open class=0110 source=patrol place=v04 photo=before as=first
  -> reported
> intake@town file
  -> filed
> dispatcher@town dispatch unit=v03 measure=清运 standard=地面干净
  -> assigned responsible=v03
> handler@v03 return_unread reason=not_our_place
  -> filed
> handler@v03 receive
  refused: wrong_stage
> dispatcher@town dispatch unit=v04 measure=清运 standard=地面干净
  -> assigned responsible=v04
> handler@v04 receive
  -> rectifying
> handler@v04 declare photo=after measure_done=已清运
  -> accepting
> acceptor@town accept checklist=all
  -> closed cleared=yes

> +40d
  -> closed
> inspector@town open class=0110 source=patrol same=first photo=before as=second
  -> reported rebound_of=first
