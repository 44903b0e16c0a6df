# No agreement at the street or in a department, unsigned, unperformed: ended, never cleared.
pack dispute
start 2021-04-16T09:00
unit public kind=public
unit district kind=district
unit justice in=district kind=department
unit centre in=district kind=department
unit street in=district kind=street does=dispatch_desk
unit c01 in=street kind=community
person party@public on=district
person grid_agent@c01
person mediation_desk@street
person mediator@c01
person mediator@street
person mediator@centre
person justice@justice on=street
person justice@centre on=street

# The street cannot settle it.
> grid_agent@c01 open class=D07 source=applied place=c01 applicant_name=甲 facts=补偿
  -> applied
> grid_agent@c01 take_up
  -> taken_up
> mediation_desk@street appoint unit=c01 person=mediator@c01 document=rights_notice
  -> mediating_community
> mediator@c01 lift_street reason=beyond_community note=涉及政策
  -> mediating_street
> justice@justice end_street reason=failed_street
  refused: missing legal_ways
> justice@justice end_street reason=failed_street document=legal_ways
  -> ended cleared=no

# The party withdraws at the street.
> party@public open class=D07 source=applied place=c01 applicant_name=甲 facts=补偿 via=requester
  -> applied
> mediation_desk@street take_up
  -> taken_up
> mediation_desk@street appoint unit=c01 person=mediator@c01 document=rights_notice
  -> mediating_community
> mediator@c01 lift_street reason=asked_community note=当事人要求
  -> mediating_street
> party@public withdraw_street reason=refused_street via=requester
  -> ended

# Agreed at the street, and then not signed.
> grid_agent@c01 open class=D03 source=applied place=c01 applicant_name=甲 facts=宅基地
  -> applied
> grid_agent@c01 take_up
  -> taken_up
> mediation_desk@street appoint unit=c01 person=mediator@c01 document=rights_notice
  -> mediating_community
> mediator@c01 lift_street reason=not_agreed_community note=两次未果
  -> mediating_street
> mediator@street agree_street agreement_form=written perform_by=2021-05-10 note=达成一致
  -> agreed
> mediator@street end_agreed reason=not_signed document=legal_ways
  refused: not_allowed
> justice@justice end_agreed reason=not_signed document=legal_ways
  -> ended

# A department cannot settle it either; somebody of that department cannot end it.
> grid_agent@c01 open class=D06 source=applied place=c01 applicant_name=甲 facts=林地
  -> applied
> grid_agent@c01 take_up
  -> taken_up
> mediation_desk@street appoint unit=c01 person=mediator@c01 document=rights_notice
  -> mediating_community
> mediator@c01 lift_street reason=not_agreed_community note=两次未果
  -> mediating_street
> mediation_desk@street refer_district unit=centre reason=escalating_street note=矛盾加剧
  -> mediating_district
> justice@centre end_district reason=failed_district document=legal_ways
  refused: same_party
> justice@justice end_district reason=failed_district document=legal_ways
  -> ended

# The party withdraws from a department.
> party@public open class=D06 source=applied place=c01 applicant_name=甲 facts=林地 via=requester
  -> applied
> mediation_desk@street take_up
  -> taken_up
> mediation_desk@street appoint unit=c01 person=mediator@c01 document=rights_notice
  -> mediating_community
> mediator@c01 lift_street reason=not_agreed_community note=两次未果
  -> mediating_street
> mediation_desk@street refer_district unit=centre reason=asked_street note=当事人要求
  -> mediating_district
> party@public withdraw_district reason=withdrawn_district via=requester
  -> ended

# Agreed and signed, but never performed.
> grid_agent@c01 open class=D05 source=applied place=c01 applicant_name=甲 facts=欠款
  -> applied
> grid_agent@c01 take_up
  -> taken_up
> mediation_desk@street appoint unit=c01 person=mediator@c01 document=rights_notice
  -> mediating_community
> mediator@c01 agree_community agreement_form=written perform_by=2021-04-30 note=分期
  -> agreed
> mediator@c01 sign document=agreement signature
  -> performing
> +60d
  -> performing overdue=yes supervised=red
> justice@justice end_performing reason=not_performed document=legal_ways
  -> ended cleared=no
