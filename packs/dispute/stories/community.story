# Neighbours agree in their community, the agreement is performed, a justice officer confirms it.
pack dispute
start 2021-04-16T09:00
unit district kind=district
unit justice in=district kind=department
unit street in=district kind=street does=dispatch_desk
unit c01 in=street kind=community
person grid_agent@c01
person mediation_desk@street
person mediator@c01
person justice@justice on=street

> grid_agent@c01 open class=D02 source=applied place=c01 applicant_name=甲 facts=噪声
  -> applied due=2021-04-21
> grid_agent@c01 take_up
  -> taken_up numbered=yes
> mediation_desk@street appoint unit=c01 person=mediator@c01
  refused: missing rights_notice
> mediation_desk@street appoint unit=c01 person=mediator@c01 document=rights_notice
  -> mediating_community responsible=c01 due=2021-04-26
> mediator@c01 agree_community agreement_form=written perform_by=2021-04-30 note=双方同意
  -> agreed
> mediator@c01 sign document=agreement
  refused: missing signature
> mediator@c01 sign document=agreement signature
  -> performing due=2021-05-17
> mediator@c01 declare_performed visit performance=已履行
  -> visiting
# The mediator cannot confirm the mediator's own success.
> mediator@c01 confirm visit satisfied=yes
  refused: not_allowed
> justice@justice confirm satisfied=yes
  refused: missing visit
> justice@justice confirm visit satisfied=yes
  -> closed cleared=yes
