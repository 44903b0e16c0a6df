# Lifted from community to street to district, each time with a reason; then only a party can confirm.
pack dispute
start 2021-04-16T09:00
unit district kind=district
unit justice in=district kind=department
unit street in=district kind=street does=dispatch_desk
unit c01 in=street kind=community
person party@c01
person grid_agent@c01
person mediation_desk@street
person mediator@c01
person mediator@street
person mediator@district
person justice@justice on=street

> grid_agent@c01 open class=D06 source=applied place=c01 applicant_name=甲 facts=地界
  -> applied
> mediation_desk@street take_up
  -> taken_up
> mediation_desk@street appoint unit=c01 person=mediator@c01 document=rights_notice
  -> mediating_community responsible=c01
> mediator@c01 lift_street note=两次未果
  refused: missing reason
> mediator@c01 lift_street reason=not_agreed_community note=两次未果
  -> mediating_street responsible=street
> mediator@street lift_district reason=beyond_street note=涉及两街道
  -> mediating_district responsible=district
> mediator@district agree_district agreement_form=written perform_by=2021-05-30 note=达成一致
  -> agreed
> mediator@district sign document=agreement signature
  -> performing
> mediator@district declare_performed visit performance=已履行
  -> visiting
# The district took part, so nobody below it is another party any more.
> justice@justice confirm visit satisfied=yes
  refused: same_party
> party@c01 confirm_by_party
  refused: missing signature
> party@c01 confirm_by_party signature
  -> closed cleared=yes
