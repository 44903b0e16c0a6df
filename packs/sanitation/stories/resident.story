# A resident reports; an inspector looks before it is filed. Nothing there is rejected with a reason.
pack sanitation
start 2021-04-16T09:00
unit public kind=public
unit district kind=district
unit town in=district kind=town does=dispatch_desk
unit v04 in=town kind=village
person resident@public on=district
person inspector@town on=v04
person intake@town
person dispatcher@town

> resident@public open class=0192 source=public place=v04 as=bin
  -> reported
# Nothing is filed without a photo of before.
> intake@town file
  refused: missing before
> intake@town order_check
  -> checking due=2021-04-17T09:00
> intake@town pre_check photo=before
  refused: not_allowed
> inspector@town pre_check photo=before@5m
  -> reported
> intake@town file
  -> filed numbered=yes
> intake@town void reason=unclear
  refused: wrong_stage

> resident@public open class=0137 source=public place=v04
  refused: no_class
> resident@public open class=0136 source=public place=v04 as=heap
  -> reported
> intake@town order_check
  -> checking
> inspector@town not_found photo=check@5m
  refused: missing reason
> inspector@town not_found photo=check@5m reason=absent
  -> voided
