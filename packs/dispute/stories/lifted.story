# Lifted from community to street and on to a department, each time with a reason.
pack dispute
start 2021-04-16T09:00
unit public kind=public
unit district kind=district
unit justice in=district kind=department
unit centre in=district kind=department
unit street in=district kind=street does=dispatch_desk
unit c01 in=street kind=community
person party@public on=district
person mediation_desk@street
person mediator@c01
person mediator@street
person mediator@centre
person justice@centre on=street
person justice@justice on=street

> party@public open class=D06 source=applied place=c01 applicant_name=甲 facts=地界 via=requester
  -> applied
> mediation_desk@street take_up
  -> taken_up
> mediation_desk@street appoint unit=c01 person=mediator@c01 document=rights_notice
  -> mediating_community responsible=c01
> mediator@c01 lift_street note=两次未果
  refused: missing reason
> mediator@c01 lift_street reason=not_agreed_community note=两次未果
  -> mediating_street responsible=street
> mediator@street refer_district unit=centre reason=beyond_street note=涉及两街道
  refused: not_allowed
> mediation_desk@street refer_district unit=centre reason=beyond_street note=涉及两街道
  -> mediating_district responsible=centre
> mediator@centre agree_district agreement_form=written perform_by=2021-05-30 note=达成一致
  -> agreed
> mediator@centre sign document=agreement signature
  -> performing
> mediator@centre declare_performed visit performance=已履行
  -> visiting
# Whoever works for a unit that took part is no other party.
> justice@centre confirm visit satisfied=yes
  refused: same_party
> justice@justice confirm visit satisfied=yes
  -> closed cleared=yes
