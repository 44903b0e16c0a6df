# Not a case: rejected before filing by intake, after filing by the dispatcher, always with a reason.
pack sanitation
start 2021-04-16T09:00
unit district kind=district
unit town in=district kind=town does=dispatch_desk
unit v04 in=town kind=village
person inspector@town on=v04
person intake@town
person dispatcher@town
person handler@v04

> inspector@town open class=0110 source=patrol place=v04 photo=before
  -> reported
> intake@town void
  refused: missing reason
> intake@town void reason=because
  refused: invalid
> intake@town void reason=not_met
  -> voided
> inspector@town file
  refused: wrong_stage

> inspector@town open class=0405 source=patrol place=v04 photo=before
  -> reported
> inspector@town file
  -> filed
> inspector@town void_filed reason=misfiled
  refused: not_allowed
> dispatcher@town void_filed reason=misfiled
  -> voided numbered=yes cleared=no

# Once a unit was made responsible, the unit cannot make its matter go away.
> inspector@town open class=0136 source=patrol place=v04 photo=before
  -> reported
> inspector@town file
  -> filed
> dispatcher@town dispatch unit=v04 measure=清走 standard=场地干净
  -> assigned
> handler@v04 void_filed reason=misfiled
  refused: wrong_stage
