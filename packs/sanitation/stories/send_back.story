# The work does not meet the standard: sent back with a reason, and red supervision in the end.
pack sanitation
start 2021-04-16T09:00
unit district kind=district
unit town in=district kind=town does=dispatch_desk
unit v04 in=town kind=village
person inspector@town on=v04
person intake@town
person dispatcher@town
person handler@v04
person acceptor@town

> inspector@town open class=0111 source=patrol place=v04 photo=before
  -> reported
> intake@town file
  -> filed
> dispatcher@town dispatch unit=v04 measure=清运 standard=场地平整
  -> assigned due=2021-04-23
> handler@v04 receive
  -> rectifying
> handler@v04 declare photo=after measure_done=第一次清运
  -> accepting
> acceptor@town send_back
  refused: missing reason
> acceptor@town send_back reason=partial
  -> rectifying rework=1 due=2021-04-23
> handler@v04 declare photo=after measure_done=第二次清运
  -> accepting
> acceptor@town send_back reason=not_clean
  -> rectifying rework=2
> handler@v04 declare photo=after measure_done=第三次清运
  -> accepting
> acceptor@town send_back reason=not_clean
  -> rectifying rework=3
> handler@v04 declare photo=after measure_done=第四次清运
  -> accepting
> acceptor@town send_back reason=not_clean
  -> rectifying rework=4 supervised=red
