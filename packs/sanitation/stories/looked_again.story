# Looked at again after it was cleared: not by those who fixed it, and what is back is a new matter.
pack sanitation
start 2021-04-16T09:00
unit district kind=district
unit town in=district kind=town does=dispatch_desk
unit v04 in=town kind=village
person inspector@town on=v04
person inspector@v04
person dispatcher@town
person handler@v04
person acceptor@town

> inspector@town open class=0192 source=patrol place=v04 photo=before as=first
  -> reported
> inspector@town file
  -> filed
> dispatcher@town dispatch unit=v04 measure=清运 standard=桶内清空
  -> assigned
> handler@v04 receive
  -> rectifying
> handler@v04 declare photo=after measure_done=已清空
  -> accepting
> acceptor@town accept checklist=all
  -> closed cleared=yes
> +7d
  -> closed
> inspector@v04 recheck found=kept
  refused: same_party
> inspector@town recheck found=kept photo=recheck
  -> closed
> +20d
  -> closed
> inspector@town recheck found=rebounded photo=recheck as=second
  -> reported matter=second rebound_of=first
> inspector@town recheck found=kept matter=first
  refused: wrong_stage
