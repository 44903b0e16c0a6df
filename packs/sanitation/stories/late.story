# Late: supervision rises, an extension is no longer possible, and an appeal needs two to agree.
pack sanitation
start 2021-04-16T09:00
unit district kind=district
unit town in=district kind=town does=dispatch_desk
unit v04 in=town kind=village
person inspector@town on=v04
person intake@town
person dispatcher@town
person handler@v04
person unit_head@v04
person acceptor@town
person leader@town

> inspector@town open class=0136 source=patrol place=v04 photo=before
  -> reported
> intake@town file
  -> filed
> dispatcher@town dispatch unit=v04 measure=清走 standard=场地干净
  -> assigned due=2021-04-19
> handler@v04 receive
  -> rectifying
> handler@v04 extend do=ask text=等待车辆
  -> rectifying
> handler@v04 extend do=grant
  refused: not_allowed
> dispatcher@town extend do=grant
  -> rectifying extended=1
> +14d
  -> rectifying overdue=yes supervised=red
> handler@v04 extend do=ask text=再等
  refused: overdue
> handler@v04 declare photo=after measure_done=已清走
  -> accepting overdue=yes
> acceptor@town accept checklist=all
  -> closed overdue=yes
> unit_head@v04 appeal do=ask text=道路封闭
  -> closed
> dispatcher@town appeal do=agree
  -> closed
> intake@town appeal do=agree
  -> closed exempt=yes overdue=yes
