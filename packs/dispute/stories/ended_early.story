# Settled at once, declined, or ended before a mediator was appointed: none of these is cleared.
pack dispute
start 2021-04-16T09:00
unit district kind=district
unit street in=district kind=street does=dispatch_desk
unit c01 in=street kind=community
person grid_agent@c01
person mediation_desk@street

> grid_agent@c01 open class=D02 source=screening place=c01
  -> applied
> grid_agent@c01 settle_at_once
  refused: missing note
> grid_agent@c01 settle_at_once note=双方当场和解
  -> settled_at_once cleared=no

> grid_agent@c01 open class=D15 source=applied place=c01
  -> applied
# Whoever took it up at the door cannot turn it away.
> grid_agent@c01 decline reason=not_civil
  refused: not_allowed
> grid_agent@c01 take_up
  refused: missing applicant_name
> mediation_desk@street decline reason=not_civil
  -> ended cleared=no

> grid_agent@c01 open class=D08 source=active place=c01 applicant_name=甲 facts=工钱
  -> applied
> grid_agent@c01 take_up
  -> taken_up
> mediation_desk@street end_taken_up reason=refused_before
  -> ended cleared=no
