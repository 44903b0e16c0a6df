# Found, sent, fixed, sent back once, accepted by another party; and one where nothing is wrong.
pack __ID__
start 2021-04-16T09:00
unit district kind=district
unit town in=district kind=town does=dispatch_desk
unit v01 in=town kind=village
person inspector@town
person dispatcher@town
person handler@v01
person acceptor@town

> inspector@town open class=C1 source=patrol place=v01 photo=before
  -> seen
> dispatcher@town file
  -> waiting numbered=yes
> dispatcher@town dispatch unit=v01
  -> fixing responsible=v01
> handler@v01 declare photo=after work_done=已修复
  -> accepting
> acceptor@town send_back reason=not_done
  -> fixing rework=1
> handler@v01 declare photo=after work_done=已清理
  -> accepting
> acceptor@town accept checklist=all
  -> closed cleared=yes

> inspector@town open class=C1 source=patrol place=v01 photo=before
  -> seen
> dispatcher@town void reason=fine
  -> voided
