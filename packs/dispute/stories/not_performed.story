# Declared performed, but it was not: back to performing; the party who applied has the last word.
pack dispute
start 2021-04-16T09:00
unit public kind=public
unit district kind=district
unit justice in=district kind=department
unit street in=district kind=street does=dispatch_desk
unit c01 in=street kind=community
person party@public on=district
person grid_agent@c01
person mediation_desk@street
person mediator@c01
person justice@justice on=street

> party@public open class=D04 source=applied place=c01 applicant_name=甲 facts=赔偿 via=requester
  -> applied
> grid_agent@c01 take_up
  -> taken_up
> mediation_desk@street appoint unit=c01 person=mediator@c01 document=rights_notice
  -> mediating_community
> mediator@c01 agree_community agreement_form=oral perform_by=2021-04-20 note=分期
  -> agreed
> mediator@c01 sign document=agreement signature
  -> performing
> mediator@c01 declare_performed visit performance=已付
  -> visiting
> justice@justice not_yet reason=partly
  -> performing rework=1
> mediator@c01 declare_performed visit performance=付清
  -> visiting
> party@public confirm_by_party via=requester
  refused: missing satisfied
> party@public confirm_by_party satisfied=yes via=requester
  -> closed cleared=yes
