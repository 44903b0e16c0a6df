# What happens beside the moves: naming, orders, urging, supervision, joint work, suspension, merging.
pack sanitation
start 2021-04-16T09:00
unit district kind=district
unit town in=district kind=town does=dispatch_desk
unit v04 in=town kind=village
unit v05 in=town kind=village
person inspector@town on=v04
person dispatcher@town
person handler@v04
person handler@v05
person unit_head@v04
person squad@town
person leader@town
person acceptor@town

> inspector@town open class=0111 source=patrol place=v04 photo=before as=heap
  -> reported
> inspector@town file
  -> filed
> dispatcher@town reclass class=0110 text=只是生活垃圾
  -> filed
> dispatcher@town reclass class=0111 text=仍是渣土
  -> filed
> dispatcher@town dispatch unit=v04 measure=清运 standard=场地平整
  -> assigned due=2021-04-23
> handler@v04 receive
  -> rectifying
> unit_head@v04 name person=handler@v04
  -> rectifying
> unit_head@v04 name person=handler@v05
  refused: not_allowed
> leader@town order within=10_work_day text=放宽
  refused: not_shorter
> leader@town order within=2_work_day text=迎检
  -> rectifying due=2021-04-20
> squad@town urge text=请抓紧
  -> rectifying
> squad@town supervise level=blue text=进度慢
  -> rectifying supervised=blue
> squad@town supervise level=blue text=再督
  refused: already
> handler@v04 supervise level=red text=自督
  refused: not_allowed
> handler@v04 note text=已联系车辆
  -> rectifying

# Another village helps; the work is not done before both are.
> squad@town join unit=v05 as=part text=跨村
  -> rectifying
> handler@v04 declare photo=after measure_done=已清运
  refused: children_open
> handler@v05 declare matter=part photo=after measure_done=已协助
  -> accepting matter=part responsible=v05
> acceptor@town accept matter=part checklist=all
  -> closed matter=part cleared=yes

# The road is closed: the clock stands still, once.
> unit_head@v04 suspend do=ask text=道路施工
  -> rectifying
> unit_head@v04 suspend do=grant days=30 text=同意
  refused: not_allowed
> leader@town suspend do=grant days=400 text=同意
  refused: invalid
> leader@town suspend do=grant days=30 text=同意
  -> rectifying suspended=yes due=none
> handler@v04 declare photo=after measure_done=已清运
  refused: suspended
> +31d
  -> rectifying suspended=no
> unit_head@v04 suspend do=ask text=又要施工
  refused: too_often

# A second report of the same spot goes into the first.
> inspector@town open class=0111 source=patrol same=heap photo=before as=again
  -> reported
> inspector@town file
  -> filed
> handler@v04 merge into=heap text=同一处
  refused: not_allowed
> dispatcher@town merge into=heap text=同一处
  -> merged
