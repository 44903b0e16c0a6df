# A heap of refuse: reported, filed, dispatched, fixed, accepted by another party, cleared.
pack sanitation
start 2021-04-16T09:00
unit district kind=district
unit town in=district kind=town does=dispatch_desk
unit v04 in=town kind=village
person inspector@town on=v04
person intake@town
person dispatcher@town
person handler@v04
person acceptor@v04
person acceptor@town

> inspector@town open class=0110 source=patrol place=v04 photo=before
  -> reported due=2021-04-16T10:00
> handler@v04 file
  refused: not_allowed
> intake@town file
  -> filed numbered=yes
# The desk must say what is to be done and to which standard.
> dispatcher@town dispatch unit=v04 measure=清运
  refused: missing standard
> dispatcher@town dispatch unit=v04 measure=清运 standard=地面干净
  -> assigned responsible=v04 due=2021-04-16T15:30
> handler@v04 receive
  -> rectifying due=2021-04-16T15:30

> at 2021-04-16T11:00
  -> rectifying
> handler@v04 declare photo=after@12m
  refused: missing measure_done
> handler@v04 declare photo=after@120m measure_done=已清运
  refused: missing after
> handler@v04 declare photo=after@12m measure_done=已清运
  -> accepting due=2021-04-16T15:30

# Whoever fixed it cannot accept it, and neither can anybody of the same unit.
> handler@v04 accept checklist=all
  refused: not_allowed
> acceptor@v04 accept checklist=all
  refused: same_party
> acceptor@town accept
  refused: missing checklist
> acceptor@town accept checklist=all
  -> closed cleared=yes
> handler@v04 declare photo=after measure_done=再报
  refused: wrong_stage
