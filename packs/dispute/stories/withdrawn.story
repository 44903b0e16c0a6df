# The party who applied withdraws; that is an end of its own, and nobody else may do it.
pack dispute
start 2021-04-16T09:00
unit public kind=public
unit district kind=district
unit street in=district kind=street does=dispatch_desk
unit c01 in=street kind=community
person party@public on=district
person mediation_desk@street
person mediator@c01

> party@public open class=D02 source=applied place=c01 applicant_name=甲 facts=噪声 via=requester
  -> applied
> mediation_desk@street take_up
  -> taken_up
> mediation_desk@street appoint unit=c01 person=mediator@c01 document=rights_notice
  -> mediating_community
> mediator@c01 withdraw_community reason=withdrawn_community
  refused: not_allowed
> party@public withdraw_community reason=withdrawn_community via=requester
  -> ended
