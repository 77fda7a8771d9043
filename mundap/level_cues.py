"""The words by which mundap.auto_level tells who is asking: each cue has a weight, and a level is where their sum falls.

Above 0 speaks for an expert, below 0 for a beginner. A cue counts once for each different hit, up to `most` points in all.
Korean spacing is free: "_" in a list is a blank that may be there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

EXPERT_FROM = 1.5      # a sum of so much or more is 고급
BEGINNER_TO = -1.0     # a sum of so much or less is 초급; between them lies 중급
FADING = 0.5           # what an earlier question counts beside the one after it

_FINANCE = """
연결_(?:기준|재무|영업|매출|당기|현금|대상|실체) 별도_(?:기준|재무|영업|매출|당기) 전년_동기 증감률 증감율 이연법인세 손상차손
대손충당금 충당부채 충당금 상각 감가상각 공정가치 기타포괄손익 포괄손익 비지배지분 지배기업 소유주지분 확정급여 보험수리적
사용권자산 리스부채 매출채권회전 자산회전율 재고자산회전율 재무레버리지 레버리지 유동성커버리지 만기구조 순차입금 차입금의존도
이자보상 운전자본 현금흐름 자본화 자산화 무형자산 유형자산처분 주당순이익 희석 자기자본이익률 총자산이익률 투하자본 가중평균
컨센서스 주석 회계정책 재분류 우발부채 파생상품 전환사채 신주인수권 자기주식 재무활동 투자활동 듀퐁 순이익률 영업이익률
매출총이익률 법인세비용차감전
"""
_LAW = """
대항력 대항요건 우선변제 최우선변제 배당순위 근저당 저당권 임차권등기 점유취득시효 취득시효 소멸시효 제척기간 기산점 자주점유
타주점유 사해행위 채권자취소 피보전채권 동시이행 항변권 이행지체 채무불이행 하자담보 법정지상권 유치권 견련관계 형성권
공유물분할 가액배상 대금분할 명의신탁 부당이득 구상권 대위 상계 변제기 변제충당 소급효 기판력 가압류 가처분 배당요구 판례 판시
법리 준용 단서 조문 조항별 적용례 입증책임 증명책임 인과관계 귀속 물권 채권양도 양도담보 선의취득 무권대리 표현대리 해제권
해지권 적법 위법 효력발생요건 성립요건
"""
_INSURANCE = """
고지의무 알릴_의무 통지의무 면책사유 부책 해지환급금 계약자적립액 책임준비금 미상각신계약비 예정이율 표준이율 공시이율 적용이율
위험률 손해율 (?<!피)보험자 비례보상 비례삭감 독립책임액 안분 중복보험 초과보험 일부보험 보험자대위 피보험이익 보험가액 비급여
급여항목 자기부담률 자기부담금 공제금액 장해분류표 장해지급률 합산장해 파생장해 후유장해 기왕증 부담보 피보험자_우선 표준약관
가입금액 실효 감액완납 연장정기
"""
_HEALTH = """
상병(?!수당) 주상병 부상병 상병코드 행위코드 심사결정 명세서_청구 청구_건수 요양급여 내원일수 실인원 보험자부담 본인부담
선별급여 비급여 진료년도 요양기관종별 유병률 발생률 이환율 표준화 신뢰구간 변이계수 편차 구성비 건당 의료급여 포괄수가
상대가치 중증도 재원일수 비중은
"""
_PRESSING = """
산출 산정 산식 제시 분석해 구분하여 정리해 근거 법적_성질 요건 하시오 (?<!급)여부 유무 요부 자세히 자세하게 상세히 상세하게
에_따른 에_관한 에_대한 에_미친 에_따라 판단 기준시 보정 대비 법률상 약관상 사법상
"""
_MEANING = """
뭐예요 뭐에요 뭔가요 뭐야 뭔지 뭐죠 뭔데 무슨_뜻 무슨_말 라는_말 같은_말 뜻이 뜻인지 라는_게 라는_건 이란_게 뭐가_다 다른_거
달라요 좋은_거 좋은_건 나쁜_건
"""
_NEW = """
처음 초보 왕초보 모르겠 몰라서 잘_몰라 모르는데 어려운데 어려워 어렵네 헷갈
"""
_EVERYDAY = r"""
돈을 돈도 돈이 돈은 (?<![가-힣])돈(?=\s) 얼마쯤 벌었 벌어 깜빡 깨면 깨지 쫓겨 뺏기 갚아 갚으 빌려줬 빌려간 월급 병원비 약값
아파 아프 아팠 다치 다쳤 (?<![가-힣])빚 (?<![가-힣])부자 (?<!사)망하 월세 전세금 집주인 세입자 엄마 아빠 부모님 할머니 할아버지 친구
애들 (?<![가-힣])우리(?=\s) 저희 제가 저는 저한테 동네 시골 사람들 괜찮을까 괜찮나 어디서 어떻게_해야 뭐부터 뭐가 뭘
누가_더 고쳐 옆집 나라에서 ㅠ ㅎㅎ 당한_것 들어와 며칠_만에 (?<![가-힣])왜(?=\s) 진짜 요즘 옛날 그냥 근데 걱정 큰일 어떡 미치겠
제일_(?:먼저|많|좋) 믿고 써_있 안_(?:돼|준|갚|나|해|줘) 대요 연락 이랑(?=\s) (?<=[가-힣])랑(?=\s) 휴대폰 들었는데
"""
_SHORT = ("EBITDA|EBIT|ROE|ROA|ROIC|EPS|PER|PBR|PSR|EV|FCF|CAPEX|CAGR|WACC|IFRS|GAAP|KCD|DRG|RBC|KICS|OCI|YoY|QoQ|bp|bps"
          "|IBNR|CSM|LTV|DSR")


# Ends of long compounds of Hanja words ("지상물매수청구권", "최적해지율"): the language of statutes, terms and accounts.
_COMPOUND = ("권|률|율|손익|손실|책임|의무|요건|효과|효력|무효|취소|처리|인식|절차|방식|산출|자산|부채|부담|가정|변동|민감도|비용"
             "|채권|채무|담보|대위|시효|변제|동의|감액|적립액|분할|위반|조항|매매|매수|성질|성|관계|추정|기간|한계|충당금|준비금"
             "|우선주|조정|분류")
_PARTICLE = r"(?=(?:은|는|이|가|을|를|의|에|과|와|상|별|도|으로|로|에서|이나)?(?:[\s?.,(·/]|$))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """A kind of hit: its weight for each different one, the most it can weigh, and a reason's words for it, last and not last.

    {words} stands for the hits in quotes, {count} for their number.
    """

    pattern: re.Pattern[str]
    weight: float
    most: float
    said: str
    also: str


def _words(*lists: str) -> str:
    """Return one pattern of all the lists' words, longest first."""
    words = sorted({word for text in lists for word in text.split()}, key=len, reverse=True)
    return "|".join(words).replace("_", r"\s?")


CUES: tuple[Cue, ...] = (
    Cue(pattern=re.compile(f"{_words(_FINANCE, _LAW, _INSURANCE, _HEALTH)}|(?<![A-Za-z])(?:{_SHORT})(?![A-Za-z])"),
        weight=1.0, most=3.0, said="{words} 같은 전문 용어가 {count}개라서", also="{words} 같은 전문 용어가 {count}개이고"),
    Cue(pattern=re.compile(rf"(?<![가-힣])[가-힣]{{3,}}?[가-힣](?:{_COMPOUND}){_PARTICLE}"),
        weight=0.5, most=1.0, said="{words} 같은 긴 한자어를 써서", also="{words} 같은 긴 한자어를 쓰고"),
    Cue(pattern=re.compile(r"제\s?\d+조(?:의\d+)?(?:\s?제\d+항)?(?:\s?제\d+호)?"),
        weight=1.5, most=1.5, said="조문({words})을 짚어서", also="조문({words})을 짚고"),
    Cue(pattern=re.compile(r"(?<![A-Za-z])[A-Z]{1,2}\d{2,4}(?!\d)"), weight=1.0, most=1.0,
        said="분류 코드({words})를 써서", also="분류 코드({words})를 쓰고"),
    Cue(pattern=re.compile(_words(_PRESSING)),
        weight=0.5, most=1.5, said="{words}처럼 따져 물어서", also="{words}처럼 따져 묻고"),
    Cue(pattern=re.compile(r"\S*[가-힣](?:은|는)\?$|주십시오\.?$|하라\.?$"), weight=0.5, most=0.5,
        said="물음을 문어체로 맺어서", also="물음을 문어체로 맺고"),
    Cue(pattern=re.compile(_words(_MEANING)),
        weight=-2.0, most=-2.0, said="{words}처럼 뜻을 물어서", also="{words}처럼 뜻을 묻고"),
    Cue(pattern=re.compile(_words(_NEW)),
        weight=-1.5, most=-2.0, said="{words}처럼 처음 접하신 것 같아서", also="{words}처럼 처음 접하신 것 같고"),
    Cue(pattern=re.compile(_words(_EVERYDAY)),
        weight=-1.0, most=-2.0, said="{words} 같은 일상 표현이라서", also="{words} 같은 일상 표현이고"),
    # 해요체; 나요, 가요, 세요, 까요 and "궁금해요" are said by everybody
    Cue(pattern=re.compile(r"[가-힣]*(?<!나)(?<!가)(?<!세)(?<!까)(?<!궁금해)(?<!싶어)(?<!부탁해)요[?.!~]*$"
                           r"|[건던]가요[?.!~]*$|[가-힣]+(?:을까|죠)요?\?*$"),
        weight=-0.75, most=-0.75, said="말하듯 물으셔서", also="말하듯 물으시고"),
)

# An asker's own wish: the last one said in a conversation holds until another. Looked for in this order at one place.
WISHES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("초급", re.compile(r"쉽게\s?(?:좀\s?)?(?:설명|알려|말해|말씀|풀|써|답|가르|이해)|쉬운\s?(?:말|설명|표현|용어|단어)"
                      r"|알기\s?쉽게|이해하기\s?쉽게|더\s쉽게|초급(?:으로|자)|(?:초등학생|중학생|어린이|아이|초보자?|입문자)"
                      r"(?:도|에게|한테|가|라도)?\s?(?:이해|알|설명|눈높이)"
                      r"|(?:설명|말|답|답변)[이은]?\s?(?:너무|좀|더)?\s?어려(?:워|웠|운데)")),
    ("중급", re.compile(r"중급(?:으로|자)|(?:보통|일반적인?)\s?(?:수준|난이도)(?:으로)?")),
    ("고급", re.compile(r"전문가\s?(?:수준|용|답게|처럼|에게)|전문적으로|고급(?:으로|자)|실무자\s?(?:수준|용|기준)"
                      r"|(?:설명|답|답변)[이은]?\s?너무\s?쉬(?:워|웠)")),
)
NOT_WISHED = re.compile(r"\s?(?:말고|말\s?말고|하지\s?(?:말|않))")   # "쉽게 설명하지 말고": what stands before it is not wished
