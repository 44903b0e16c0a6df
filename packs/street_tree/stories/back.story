# Sent back because the cuttings were left behind; and a tree that needs nothing.
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
person acceptor@town

> resident@public open class=TR3 source=public place=c01 photo=before
  -> seen
> dispatcher@town file
  -> waiting
> dispatcher@town dispatch unit=garden
  -> tending
> crew@garden suspend do=ask text=非种植季
  -> tending
> dispatcher@town suspend do=grant days=120 text=秋季补植
  -> tending suspended=yes
> dispatcher@town suspend do=resume
  -> tending suspended=no
> crew@garden declare photo=after work_done=补植
  -> looking
> acceptor@town send_back reason=waste_left
  -> tending rework=1
> crew@garden declare photo=after work_done=清运
  -> looking
> acceptor@town accept checklist=all
  -> closed cleared=yes

> resident@public open class=TR4 source=public place=c01 photo=before
  -> seen
> resident@public void reason=healthy
  refused: not_allowed
> dispatcher@town void reason=healthy
  -> voided
