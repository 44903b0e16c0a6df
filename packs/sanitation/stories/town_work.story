# The town does the work itself: its own squad cannot accept, the district can.
pack sanitation
start 2021-04-16T09:00
unit district kind=district
unit town in=district kind=town does=dispatch_desk
unit v04 in=town kind=village
person inspector@town on=v04
person intake@town
person dispatcher@town
person handler@town
person squad@town
person acceptor@district

> inspector@town open class=0112 source=patrol place=v04 photo=before
  -> reported
> intake@town file
  -> filed
> dispatcher@town dispatch unit=town measure=清扫 standard=路面见本色
  -> assigned responsible=town due=2021-04-16T11:00
> handler@town receive
  -> rectifying
> handler@town declare photo=after measure_done=已清扫
  -> accepting
> squad@town accept checklist=all
  refused: same_party
> acceptor@district accept checklist=all
  -> closed cleared=yes
