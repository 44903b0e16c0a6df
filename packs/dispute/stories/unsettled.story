# No agreement: it ends unsettled, the parties are told the other legal ways, and it is not cleared.
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

> grid_agent@c01 open class=D05 source=applied place=c01 applicant_name=甲 facts=欠款
  -> applied
> grid_agent@c01 take_up
  -> taken_up
> mediation_desk@street appoint unit=c01 person=mediator@c01 document=rights_notice
  -> mediating_community
# A mediator cannot end a case alone.
> mediator@c01 end_community reason=failed_community document=legal_ways
  refused: not_allowed
> justice@justice end_community reason=failed_community
  refused: missing legal_ways
> justice@justice end_community reason=failed_community document=legal_ways
  -> ended
