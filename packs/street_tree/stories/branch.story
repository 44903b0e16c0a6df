# A broken branch: a crew removes it, the town looks.
pack street_tree
start 2021-04-16T09:00
unit public kind=public
unit district kind=district
unit town in=district kind=town does=dispatch_desk
unit garden in=town kind=company
unit c01 in=town kind=community
person resident@public on=district
person dispatcher@town
person crew@garden
person acceptor@garden on=c01
person acceptor@town

> resident@public open class=TR1 source=public place=c01 photo=before
  -> seen
> dispatcher@town file
  -> waiting
> dispatcher@town dispatch
  refused: missing unit
> dispatcher@town dispatch unit=garden
  -> tending due=2021-04-19
> crew@garden declare photo=after@5m work_done=修枝
  -> looking
> acceptor@garden accept checklist=all
  refused: same_party
> acceptor@town accept checklist=all
  -> closed cleared=yes
