"""What people call languages and regions. The provider's list decides what exists; these are only other words for it.

One line each: an ISO code, the English name, then other names, parted by `|`.
"""

from __future__ import annotations

_LANGUAGES = """
af Afrikaans
am Amharic|አማርኛ
ar Arabic|العربية|عربي
as Assamese|অসমীয়া
az Azerbaijani|Azeri|azərbaycan dili|azərbaycanca
be Belarusian|беларуская
bg Bulgarian|български
bn Bengali|Bangla|বাংলা
bo Tibetan|བོད་སྐད
bs Bosnian|bosanski
ca Catalan|Valencian|català
ceb Cebuano|sinugboanon
cs Czech|čeština|český|česky
cy Welsh|Cymraeg
da Danish|dansk
de German|Deutsch
el Greek|Ελληνικά
en English
eo Esperanto
es Spanish|español
et Estonian|eesti
eu Basque|euskara
fa Persian|Farsi|فارسی
fi Finnish|suomi
fil Filipino|Tagalog|tl|Pilipino|wikang Filipino
fr French|français
fy Frisian|West Frisian|Frysk
ga Irish|Irish Gaelic|Gaeilge
gl Galician|galego
gu Gujarati|ગુજરાતી
ha Hausa
he Hebrew|iw|עברית
hi Hindi|हिन्दी|हिंदी
hr Croatian|hrvatski
ht Haitian Creole|Haitian|Creole|kreyòl ayisyen|kreyòl
hu Hungarian|magyar
hy Armenian|հայերեն
ia Interlingua
id Indonesian|Bahasa Indonesia
ig Igbo
is Icelandic|íslenska
it Italian|italiano
ja Japanese|日本語|にほんご|jp
jv Javanese|basa Jawa
ka Georgian|ქართული
kk Kazakh|қазақша|қазақ тілі
km Khmer|Cambodian|ខ្មែរ|ភាសាខ្មែរ
kn Kannada|ಕನ್ನಡ
ko Korean|한국어|kr
ku Kurdish|kurdî|Kurmanji
ky Kyrgyz|кыргызча
la Latin
lb Luxembourgish|Lëtzebuergesch
lo Lao|Laotian|ລາວ|ພາສາລາວ
lt Lithuanian|lietuvių
lv Latvian|latviešu
mg Malagasy
mi Maori|te reo Māori
mk Macedonian|македонски
ml Malayalam|മലയാളം
mn Mongolian|монгол
mr Marathi|मराठी
ms Malay|Bahasa Melayu|Malaysian
mt Maltese|Malti
my Burmese|Myanmar|မြန်မာ|မြန်မာဘာသာ
ne Nepali|नेपाली
nl Dutch|Nederlands
no Norwegian|norsk
or Odia|Oriya|ଓଡ଼ିଆ
pa Punjabi|Panjabi|ਪੰਜਾਬੀ
pl Polish|polski
ps Pashto|پښتو
pt Portuguese|português
ro Romanian|română|Moldovan
ru Russian|русский
rw Kinyarwanda|Ikinyarwanda
sd Sindhi|سنڌي
si Sinhala|Sinhalese|සිංහල
sk Slovak|slovenčina|slovenský
sl Slovenian|Slovene|slovenščina|slovenski
sn Shona|chiShona
so Somali|Soomaali
sq Albanian|shqip
sr Serbian|српски|srpski
su Sundanese|basa Sunda
sv Swedish|svenska
sw Swahili|Kiswahili
ta Tamil|தமிழ்
te Telugu|తెలుగు
tg Tajik|тоҷикӣ
th Thai|ไทย|ภาษาไทย
tk Turkmen|türkmençe
tr Turkish|Türkçe
ug Uyghur|Uighur|ئۇيغۇرچە
uk Ukrainian|українська
ur Urdu|اردو
uz Uzbek|oʻzbekcha|o'zbek
vi Vietnamese|Tiếng Việt
xh Xhosa|isiXhosa
yi Yiddish|ייִדיש
yo Yoruba|Yorùbá
zh Chinese|中文|汉语|漢語|cn
zu Zulu|isiZulu
"""

_REGIONS = """
AE United Arab Emirates|UAE|Emirati|Emirates
AF Afghanistan|Afghan
AL Albania
AM Armenia
AR Argentina|Argentinian|Argentine|Argentinean
AT Austria|Austrian
AU Australia|Australian|Aussie
AZ Azerbaijan
BA Bosnia and Herzegovina|Bosnia
BD Bangladesh|Bangladeshi
BE Belgium|Belgian|Flemish
BG Bulgaria
BH Bahrain|Bahraini
BO Bolivia|Bolivian
BR Brazil|Brazilian|Brasil|brasileiro
BY Belarus
CA Canada|Canadian|Quebec|Québécois
CH Switzerland|Swiss|Schweiz|Suisse
CL Chile|Chilean
CN China|Mainland China
CO Colombia|Colombian
CR Costa Rica|Costa Rican
CU Cuba|Cuban
CY Cyprus|Cypriot
CZ Czechia|Czech Republic
DE Germany|Deutschland
DK Denmark
DO Dominican Republic|Dominican
DZ Algeria|Algerian
EC Ecuador|Ecuadorian
EE Estonia
EG Egypt|Egyptian
ES Spain|European|Castilian|Iberian|España
ET Ethiopia|Ethiopian
FI Finland
FR France|Parisian|Metropolitan
GB United Kingdom|UK|Britain|Great Britain|British|England
GE Georgia
GQ Equatorial Guinea|Equatoguinean
GR Greece
GT Guatemala|Guatemalan
HK Hong Kong SAR|Hong Kong
HN Honduras|Honduran
HR Croatia
HU Hungary
ID Indonesia
IE Ireland|Irish
IL Israel|Israeli
IN India|Indian
IQ Iraq|Iraqi
IR Iran|Iranian
IS Iceland
IT Italy|Italia
JO Jordan|Jordanian
JP Japan
KE Kenya|Kenyan
KH Cambodia
KR Korea|South Korea|South Korean
KW Kuwait|Kuwaiti
KZ Kazakhstan
LA Laos
LB Lebanon|Lebanese
LK Sri Lanka|Sri Lankan
LT Lithuania
LV Latvia
LY Libya|Libyan
MA Morocco|Moroccan
MK North Macedonia|Macedonia
MM Myanmar
MN Mongolia
MT Malta
MX Mexico|Mexican|México
MY Malaysia|Malaysian
NG Nigeria|Nigerian
NI Nicaragua|Nicaraguan
NL Netherlands|Holland
NO Norway
NP Nepal
NZ New Zealand|Kiwi
OM Oman|Omani
PA Panama|Panamanian
PE Peru|Peruvian
PH Philippines|Philippine|Filipino
PK Pakistan|Pakistani
PL Poland
PR Puerto Rico|Puerto Rican
PT Portugal|European|Iberian
PY Paraguay|Paraguayan
QA Qatar|Qatari
RO Romania
RS Serbia
RU Russia
SA Saudi Arabia|Saudi|Saudi Arabian
SE Sweden
SG Singapore|Singaporean
SI Slovenia
SK Slovakia
SO Somalia
SV El Salvador|Salvadoran
SY Syria|Syrian
TH Thailand
TN Tunisia|Tunisian
TR Türkiye|Turkey
TW Taiwan|Taiwanese|Taiwanese Mandarin
TZ Tanzania|Tanzanian
UA Ukraine
US United States|USA|America|American|US|U.S.
UY Uruguay|Uruguayan
UZ Uzbekistan
VE Venezuela|Venezuelan
VN Vietnam
YE Yemen|Yemeni
ZA South Africa|South African
ZW Zimbabwe
419 Latin America|Latin American|LatAm|Latino|Latinoamérica
"""

# Other words for what stands in the provider's brackets besides regions.
_VARIETIES = """
simplified hans|简体|简体中文|简中
traditional hant|繁體|繁体|繁體中文|繁中
mandarin 普通话|國語|putonghua|cmn
cantonese 粵語|粤语|廣東話|广东话|yue
wu shanghainese|上海话
latin latn
cyrillic cyrl
bokmal nb|bokmål
nynorsk nn
"""


def _table(text: str) -> dict[str, tuple[str, ...]]:
    """Code → all names of it, the code itself last."""
    rows = (line.partition(" ") for line in text.strip().splitlines())
    return {code: (*names.split("|"), code) for code, _, names in rows}


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


LANGUAGES = _table(_LANGUAGES)
REGIONS = _table(_REGIONS)
VARIETIES = _table(_VARIETIES)

# A word that names a language together with a variety of it: language code and tags (regions or varieties).
COMPOUNDS: dict[str, tuple[str, frozenset[str]]] = {
    **{name: ("zh", frozenset({code})) for code in ("mandarin", "cantonese", "wu") for name in VARIETIES[code]},
    **{name: ("zh", frozenset({code})) for code in ("simplified", "traditional") for name in VARIETIES[code][1:-1]},
    **{name: ("no", frozenset({code})) for code in ("bokmal", "nynorsk") for name in VARIETIES[code]},
    "taiwanese": ("zh", frozenset({"TW"})),
    "castilian": ("es", frozenset({"ES"})),
    "castellano": ("es", frozenset({"ES"})),
    "flemish": ("nl", frozenset({"BE"})),
    "vlaams": ("nl", frozenset({"BE"})),
    "brasileiro": ("pt", frozenset({"BR"})),
    "brazilian": ("pt", frozenset({"BR"})),
    "mexican": ("es", frozenset({"MX"})),
    "québécois": ("fr", frozenset({"CA"})),
    "schweizerdeutsch": ("de", frozenset({"CH"})),
}

# What somebody most likely means who names only the language. Where two are equally likely there is no entry:
# for Portuguese (Brazil, Portugal), Chinese, Arabic and Malay people are asked.
DEFAULTS: dict[str, str] = {"no": "bokmal"} | {
    pair[:2]: pair[3:]
    for pair in _set(
        "bn-BD de-DE el-GR en-US es-ES fr-FR hi-IN it-IT ja-JP ko-KR nl-NL pa-IN ro-RO ru-RU sr-RS sv-SE sw-KE ta-IN "
        "tr-TR uk-UA ur-PK vi-VN"
    )
}

# Which of several varieties somebody most likely means who described it only in part, best first.
PREFERRED: dict[str, tuple[frozenset[str], ...]] = {
    "zh": (frozenset({"mandarin", "simplified"}), frozenset({"mandarin", "traditional"}), frozenset({"TW"})),
}

# Regions that the provider means by a variety without naming them.
IMPLIED: dict[tuple[str, str], frozenset[str]] = {
    ("zh", "mandarin"): frozenset({"CN", "SG"}),
    ("zh", "cantonese"): frozenset({"HK"}),
}

LATIN_AMERICA = _set("419 AR BO CL CO CR CU DO EC GT HN MX NI PA PE PR PY SV UY VE")
FILLERS = _set("language the of from in as spoken with accent variant version")
