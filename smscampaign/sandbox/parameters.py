"""What each call takes, after https://eu.api.ovh.com/1.0/sms.json, /auth.json and /me.json.

A type that ends in `!` is required, `[]` is a list; `object` is one whose fields its own call checks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_COUNTRIES = """
ad ae af ag ai al all am an ao ar at au aw az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz
ca cd cf cg ch ci ck cl cm cn co cr cu cv cy cz de dk dm dz ec ee eg es et fi fj fk fo fr ga gb gd
ge gf gh gi gl gm gn gp gq gr gt gu gw gy hk hn hr ht hu id ie il in io iq ir is it jm jo jp ke kg
kh km kn kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma md me mg mk ml mn mo mq mr ms mt mu mv mw
mx my mz na nc ne ng ni nl no np nz om pa pe pf pg ph pk pl ps pt py qa re ro rs ru rw sa sb sc sd
se sg si sk sl sm sn so sr st sv sy sz tc td tg th tj tl tm tn to tr tt tw tz ua ug us uy uz vc ve
vg vi vn vu ws ye yt za zm zw
"""
_ENUMS = """
sms.BatchClassEnum FLASH PHONE SIM
sms.BillingCountryEnum es fr gb ie it pl
sms.CharsetEnum UTF-8
sms.ClassEnum flash phoneDisplay sim toolkit
sms.CodingEnum 7bit 8bit
sms.DocumentWayTypeEnum incoming outgoing
sms.PackQuantityAutomaticRecreditEnum 100 1000 10000 200 250 500 5000
sms.PriorityEnum high low medium veryLow
sms.RefererSenderEnum custom domain line nic owner virtual
sms.StatusAccountEnum disable enable
sms.StatusSenderEnum disable enable refused waitingValidation
sms.TypeSenderEnum alpha numeric shortcode time2chat virtual
"""
_TABLE = """
POST /sms/estimate
   message=string! noStopClause=boolean! senderType=sms.TypeSenderEnum!
GET /sms/ptts
   ptt=number!
GET /sms/rates/destinations
   billingCountry=sms.BillingCountryEnum country=sms.CountryEnum!
GET /sms/rates/packs
   billingCountry=sms.BillingCountryEnum country=sms.CountryEnum!
PUT /sms/{serviceName}
   automaticRecreditAmount=sms.PackQuantityAutomaticRecreditEnum callBack=string
   creditThresholdForAutomaticRecredit=number creditsHoldByQuota=number creditsLeft=number description=string
   name=string smsResponse=sms.Response status=sms.StatusAccountEnum stopCallBack=string
   templates=sms.Templates userQuantityWithQuota=number
POST /sms/{serviceName}/batches
   class=sms.BatchClassEnum deferred=string from=string message=string! name=string noStop=boolean
   senderForResponse=boolean slotID=string tag=string to=string[]
PUT /sms/{serviceName}/batches/{id}
   name=string!
GET /sms/{serviceName}/blacklists
   batchID=string smsOutgoingID=number
GET /sms/{serviceName}/document
   batchID=string creationDatetime.from=string creationDatetime.to=string tag=string
   wayType=sms.DocumentWayTypeEnum!
GET /sms/{serviceName}/incoming
   creationDatetime.from=string creationDatetime.to=string sender=string tag=string
POST /sms/{serviceName}/jobs
   charset=sms.CharsetEnum class=sms.ClassEnum coding=sms.CodingEnum differedPeriod=number message=string!
   noStopClause=boolean priority=sms.PriorityEnum receivers=string[] receiversDocumentUrl=string
   receiversSlotId=string sender=string senderForResponse=boolean tag=string validityPeriod=number
GET /sms/{serviceName}/outgoing
   batchID=string creationDatetime.from=string creationDatetime.to=string deliveryReceipt=number
   differedDelivery=number ptt=number receiver=string sender=string tag=string messageID=string
POST /sms/{serviceName}/receivers
   autoUpdate=boolean! csvUrl=string description=string! documentId=string slotId=number!
PUT /sms/{serviceName}/receivers/{slotId}
   autoUpdate=boolean canAutoUpdate=boolean datetime=string description=string records=number slotId=number
POST /sms/{serviceName}/receivers/{slotId}/clean
   freemium=boolean! priceOnly=boolean!
POST /sms/{serviceName}/senders
   description=string reason=string sender=string!
PUT /sms/{serviceName}/senders/{sender}
   comment=string description=string referer=sms.RefererSenderEnum sender=string status=sms.StatusSenderEnum
   type=sms.TypeSenderEnum validationMedia=string
POST /auth/credential
   accessRules=object[]! allowedIPs=string[] redirection=string
GET /me/document
   expirationDate.from=string expirationDate.to=string name=string size=number
POST /me/document
   name=string! tags=object[]
PUT /me/document/{id}
   creationDate=string expirationDate=string getUrl=string id=string name=string putUrl=string size=number
   tags=object[] validationDate=string
"""


def _enums() -> Iterator[tuple[str, frozenset[str]]]:
    for line in _ENUMS.split("\n")[1:-1]:
        name, *values = line.split(" ")
        yield name, frozenset(values)
    yield "sms.CountryEnum", frozenset(_COUNTRIES.split())


def _parameters() -> Iterator[tuple[str, Mapping[str, str]]]:
    key, found = "", dict[str, str]()
    for line in _TABLE.split("\n")[1:]:
        if line.startswith(" "):
            found |= dict(word.split("=") for word in line.split())
            continue
        if key:
            yield key, found
        key, found = line, {}


ENUMS: Mapping[str, frozenset[str]] = dict(_enums())
PARAMETERS: Mapping[str, Mapping[str, str]] = dict(_parameters())
