# Fixed at once: by the responsible person before the inspector's eyes, or by the inspector alone.
pack sanitation
start 2021-04-16T09:00
unit district kind=district
unit town in=district kind=town does=dispatch_desk
unit v04 in=town kind=village
person inspector@town on=v04
person inspector@v04
person handler@v04

> inspector@town open class=0136 source=patrol place=v04 photo=before as=stack
  -> reported
> inspector@town file
  -> filed
# The village's own inspector is no other party.
> inspector@v04 fix_on_spot_filed unit=v04 person=handler@v04 photo=after
  refused: same_party
> inspector@town fix_on_spot_filed unit=v04 person=handler@v04
  refused: missing after
> inspector@town fix_on_spot_filed unit=v04 person=handler@v04 photo=after@3m
  -> closed cleared=yes

> inspector@town open class=0201 source=patrol place=v04 photo=before as=sticker
  -> reported
> inspector@town self_handle photo=after@2m
  -> self_handled
