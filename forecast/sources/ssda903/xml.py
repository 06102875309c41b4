"""The return as XML, as it is sent to the DfE: headers, episodes, UASC and reviews as tables of text with their places.

Layout: data-to-insight/csc-validator-be-903, `tests/fake_data/fake_903.xml` and `lac_validator/ingress.py`. EXPSSDA903
holds a CHILD for each child; that a HEADER, with UASC, DUC and each AREVIEW inside it or beside, and each EPISODE. The
PL of an episode is the PLACE of the CSV files.
"""

import pandas as pd

from forecast.case.errors import BadInput
from forecast.sources.counting import Quality
from forecast.sources.reading.files import Source
from forecast.sources.reading.xml import Layout, Section, read_children, root_element

OTHER_ELEMENTS = """
    UPN ETHNIC MOTHER MC_DOB CIN PL_POST HOME_POST URN REASON_PLACE_CHANGE REVIEW_CODE PL_LA PL_LOCATION PL_DISTANCE
    OC2 SDQ_REASON SDQ_SCORE CONVICTED HEALTH_CHECK IMMUNISATIONS TEETH_CHECK HEALTH_ASSESSMENT SUBSTANCE_MISUSE
    INTERVENTION_RECEIVED INTERVENTION_OFFERED ACTIV ACCOM AMISSING MISSING MIS_START MIS_END
    PERMANENCE PREV_PERM LA_PERM DATE_PERM AD_PLACED DATE_PLACED DATE_PLACED_CEASED REASON_PLACED_CEASED
    AD1 ADOPTION DATE_INT DATE_MATCH FOSTER_CARE NB_ADOPTR SEX_ADOPTR LS_ADOPTR
"""
EPISODE = ("DECOM", "DEC", "LS", "PL", "PLACE", "RNE", "REC", "PLACE_PROVIDER")
RETURN = Layout(
    called="an SSDA903 return",
    root="EXPSSDA903",
    child="CHILD",
    sections={
        "HEADER": ("CHILDID", "DOB", "SEX", "DUC", "IN_TOUCH"),
        "EPISODE": EPISODE,
        "AREVIEW": ("REVIEW",),
        "UASC": ("DUC",),
        "OC3": ("IN_TOUCH",),  # of care leavers
    },
    repeated={},
    header={},
    others=frozenset(OTHER_ELEMENTS.split()),
)
CENSUS = "MESSAGE"  # the root of the children in need census
NOT_UASC = {"", "0", "FALSE", "N", "NO"}
COLUMNS = {
    "Header": ["CHILD", "DOB", "SEX"],
    "Episodes": ["CHILD", "DECOM", "DEC", "LS", "PLACE", "RNE", "REC", "PLACE_PROVIDER"],
    "UASC": ["CHILD", "DUC"],
    "Reviews": ["CHILD", "REVIEW"],
}


def read_xml(source: Source, quality: Quality) -> dict[str, pd.DataFrame]:
    """Kind -> file, line, record (number of the CHILD) and its columns as text; UASC and Reviews where it has any.

    A census of children in need has none of them, and is counted. Raises BadInput as read_children does.
    """
    if root_element(source) == CENSUS:
        quality.count(source.name, "census")
        return {}
    rows: dict[str, list[tuple]] = {kind: [] for kind in COLUMNS}
    leavers = 0

    def add(sections: list[Section], line: int, number: int) -> None:
        of = {name: [section for section in sections if section[0] == name] for name in RETURN.sections}
        _, at, header = of["HEADER"][-1] if of["HEADER"] else ("", line, {})
        if len(of["HEADER"]) > 1:
            raise BadInput(
                f"{source.name}, line {at}, Child {number}: a second HEADER of one CHILD; expected one. "
                "Export the file again."
            )
        child = header.get("CHILDID", "")
        rows["Header"].append((at, number, child, header.get("DOB", ""), header.get("SEX", "")))
        for _, at_episode, values in of["EPISODE"]:
            cells = {"CHILD": child, "PLACE": values.get("PL", "")} | values
            rows["Episodes"].append((at_episode, number, *(cells.get(name, "") for name in COLUMNS["Episodes"])))
        marks = [values for _, _, values in of["UASC"]]
        until = next((values["DUC"] for values in [header, *marks] if values.get("DUC")), "")
        if until or any("DUC" in values or values.get("UASC", "").upper() not in NOT_UASC for values in marks):
            rows["UASC"].append((at, number, child, until))
        nonlocal leavers
        leavers += any(values.get("IN_TOUCH") for values in [header, *(values for _, _, values in of["OC3"])])
        rows["Reviews"] += [(place, number, child, values["REVIEW"]) for _, place, values in of["AREVIEW"] if values]

    read_children(source, RETURN, add, quality)
    quality.count(source.name, "not_used", leavers)
    frames = {
        kind: pd.DataFrame(found, columns=["line", "record", *COLUMNS[kind]], dtype=object)
        .astype({"line": int, "record": int})
        .assign(file=source.name)
        for kind, found in rows.items()
    }
    return {kind: frame for kind, frame in frames.items() if len(frame) or kind in ("Header", "Episodes")}
