# What is refused beside it: without a unit, by the wrong person, by the same party.
pack __ID__
start 2021-04-16T09:00
unit district kind=district
unit town in=district kind=town does=dispatch_desk
unit v01 in=town kind=village
person inspector@town
person dispatcher@town
person handler@v01
person acceptor@v01
person acceptor@town

> inspector@town open class=C1 source=patrol place=v01 photo=before
  -> seen
> inspector@town file
  refused: not_allowed
> dispatcher@town file
  -> waiting
> dispatcher@town dispatch
  refused: missing unit
> dispatcher@town dispatch unit=v01
  -> fixing
> handler@v01 declare photo=after work_done=已修复
  -> accepting
> acceptor@v01 accept checklist=all
  refused: same_party
> acceptor@town accept checklist=all
  -> closed cleared=yes
