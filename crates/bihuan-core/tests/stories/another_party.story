# Who may accept what a village did, and who may not.
pack sanitation
start 2021-04-16T09:00
unit district kind=district
unit town in=district kind=town does=dispatch_desk
unit v04 in=town kind=village
unit g12 in=v04 kind=grid
unit v05 in=town kind=village
person inspector@town on=v04
person intake@town
person dispatcher@town
person handler@v04
person unit_head@v04
person acceptor@v04 same_as=unit_head@v04
person acceptor@g12 on=v04
# The handler has a second account, employed by the town under it.
person acceptor@town.second on=v04 same_as=handler@v04
person administrator@district
person acceptor@town
person acceptor@v05 on=v04
person acceptor@district

> inspector@town open class=0110 source=patrol place=v04 photo=before as=first
  -> reported
> intake@town file
  -> filed
> dispatcher@town dispatch unit=v04 measure=清运 standard=地面干净
  -> assigned
> handler@v04 receive
  -> rectifying
> handler@v04 declare photo=after measure_done=已清运
  -> accepting
# The handler, under an own account and under a second one that holds the role.
> handler@v04 accept checklist=all
  refused: same_party
> acceptor@town.second accept checklist=all
  refused: same_party
# The head of the handler's unit, and somebody below that unit.
> acceptor@v04 accept checklist=all
  refused: same_party
> acceptor@g12 accept checklist=all
  refused: same_party
# An administrator; a bulk act, a token and an import of somebody who might.
> administrator@district accept checklist=all
  refused: not_allowed
> acceptor@town accept checklist=all via=bulk
  refused: not_by_machine
> acceptor@town accept checklist=all via=token
  refused: not_by_machine
> acceptor@town accept checklist=all via=import
  refused: not_by_machine
# Somebody of another line succeeds.
> acceptor@v05 accept checklist=all
  -> closed cleared=yes

# A superior succeeds too, unless it took part itself.
> inspector@town open class=0136 source=patrol place=v04 photo=before as=second
  -> reported
> intake@town file
  -> filed
> dispatcher@town dispatch unit=v04 measure=清运 standard=地面干净
  -> assigned
> handler@v04 receive
  -> rectifying
> handler@v04 declare photo=after measure_done=已清运
  -> accepting
> acceptor@town accept checklist=all
  -> closed cleared=yes
