"""An invented folder of official downloads in the publishers' layouts: three councils, nine regions and England.

Every figure is invented; names and codes are those of real councils, for the reader knows no others.
"""

import csv
import io
import zipfile

YEARS = (2022, 2023, 2024, 2025)
COUNCILS = {
    "857": ("E06000017", "Rutland"),
    "942": ("E06000063", "Cumberland"),
    "943": ("E06000064", "Westmorland and Furness"),
}
REGIONS = {f"E1200000{n}": f"Region {n}" for n in range(1, 10)}
PLACE = [
    "time_period",
    "time_identifier",
    "geographic_level",
    "country_code",
    "country_name",
    "region_code",
    "region_name",
]
CODES = ["old_la_code", "new_la_code", "la_name"]
AGES = {"Under 1 year": 5, "1 to 4 years": 13, "5 to 9 years": 19, "10 to 15 years": 38, "16 years and over": 25}
CEASING = {
    "Under 1 year": 5,
    "1 to 4 years": 20,
    "5 to 9 years": 11,
    "10 to 15 years": 14,
    "16 years": 6,
    "17 years": 6,
    "18 years and over": 38,
}
PLACEMENTS = {
    "Foster placements": 66,
    "Placed for adoption": 2,
    "Placed with parents or other person with parental responsibility": 6,
    "Secure homes and children's homes": 11,
    "Other residential settings": 2,
    "Residential schools": 1,
    "Independent and semi-independent living arrangements/supported accommodation": 9,
    "Other placements": 3,
}
LEGAL = {
    "Interim care order": 16,
    "Full care order": 60,
    "Placement order granted": 6,
    "Voluntary agreements under S20 CA 1989": 18,
}
PROVIDERS = {
    "Own provision (by the LA)": 45,
    "Private provision": 40,
    "Parents or other person with parental responsibility": 6,
    "Voluntary/third sector provision": 9,
}
UASC = {"UASC": 8, "Non-UASC": 92}
LAC = {"857": 40, "942": 460, "943": 300}
CP = {"857": 25, "942": 280, "943": 150}
ENGLAND = 900  # times a region's invented base
MID_YEAR = 2023


def shares(total, parts):
    """A whole number split in given proportions, the first taking what rounding leaves."""
    whole = sum(parts.values())
    split = {name: total * part // whole for name, part in parts.items()}
    split[next(iter(split))] += total - sum(split.values())
    return split


def places():
    """Every area: level, region, codes, name, size of LAC and of CP."""
    yield "National", "", "", ("", "", ""), 81000, 49500
    for code, name in REGIONS.items():
        yield "Regional", code, name, ("", "", ""), 9000, 5500
    for old, (new, name) in COUNCILS.items():
        yield "Local authority", "E12000001", "Region 1", (old, new, name), LAC[old], CP[old]


def moved(size, year):
    """A stock that falls a little each year."""
    return size + (2025 - year) * max(size // 50, 1) * 1


def rows_of(columns, make):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for year in YEARS:
        for level, region, region_name, (old, new, name), lac, cp in places():
            head = [year, "Reporting year", level, "E92000001", "England", region, region_name, old, new, name]
            for cells in make(year, lac, cp):
                writer.writerow([*head, *cells])
    return out.getvalue()


def characteristic(parts_of):
    def make(year, lac, cp):
        for title, total, parts in parts_of(year, lac):
            split = shares(total, parts)
            for name, count in split.items():
                yield [title, name, count, round(100 * count / total)]
            yield [title, "Total", total, 100]

    return rows_of([*PLACE, *CODES, "characteristic", "breakdown", "children_count", "children_percent"], make)


def texts():
    """File name -> text of every CSV file."""
    numbers = lambda year, lac, cp: [  # noqa: E731
        ["Children looked after on 31 March each year", 1000, moved(lac, year), 60],
        ["Children starting to be looked after each year", 1000, lac // 3, 20],
        ["Children ceasing to be looked after each year", 1000, lac // 3 + max(lac // 50, 1), 21],
    ]
    held = {
        "cla_number_and_rate_per_10k_children.csv": rows_of(
            [*PLACE, *CODES, "population_type", "population_estimate", "children_count", "rate_per_10000"], numbers
        ),
        "la_cla_on_31_march_by_characteristics.csv": characteristic(
            lambda year, lac: [
                ("Age group", moved(lac, year), AGES),
                ("Placement", moved(lac, year), PLACEMENTS),
                ("Legal status", moved(lac, year), LEGAL),
                ("Place providers", moved(lac, year), PROVIDERS),
                ("Unaccompanied asylum-seeking children", moved(lac, year), UASC),
            ]
        ),
        "la_children_who_started_to_be_looked_after_during_the_year.csv": characteristic(
            lambda year, lac: [("Age on starting", lac // 3, AGES)]
        ),
        "la_children_who_ceased_during_the_year.csv": characteristic(
            lambda year, lac: [("Age on ceasing", lac // 3 + max(lac // 50, 1), CEASING)]
        ),
        "d3_cpps_subsequent_plan_2013_to_2025.csv": rows_of(
            [*PLACE, *CODES, "category", "CPP_start", "CPP_subsequent", "CPP_subsequent_percent"],
            lambda year, lac, cp: [["Plans", cp + cp // 4, cp // 4, 20]],
        ),
        "d5_cpps_at31march_by_duration_2013_to_2025.csv": rows_of(
            [*PLACE, *CODES, "category", "CPP_At31", "3_months_or_less", "2_years_or_more"],
            lambda year, lac, cp: [["Plans", moved(cp, year), cp // 3, cp // 20]],
        ),
        "ons_mid-year_population_estimates_2012_to_2024.csv": rows_of(
            [*PLACE, *CODES, "age_group", "population_estimate"],
            lambda year, lac, cp: [["Children aged 0 to 17 years", lac * 150]],
        ),
    }
    lines = ["old_la_code,la_name," + ",".join(f"SN_{n},SN_{n}P" for n in range(1, 11))]
    for old, (_, name) in COUNCILS.items():
        others = [code for code in COUNCILS if code != old]
        lines.append(f"{old},{name}," + ",".join(f"{others[n % 2]},Close" for n in range(10)))
    return held | {"sn_model_2025_wide.csv": "\n".join(lines) + "\n"}


def people():
    """ONS code, name, children at each age, all ages."""
    yield "E92000001", "ENGLAND", 670000, 57690323
    for old, (new, name) in COUNCILS.items():
        yield new, name, LAC[old] * 8, LAC[old] * 800


def estimates() -> bytes:
    """The ONS workbook: MYE2, MYE3, MYE4, each with lines above its headings."""
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    above = ["This worksheet contains one table.", ""]

    def sheet(name, title, headings, rows):
        made = book.create_sheet(name)
        for line in (title, *above):
            made.append([line])
        made.append(headings)
        for row in rows:
            made.append(row)

    ages = list(range(90)) + ["90+"]
    sheet(
        "MYE2 - Persons",
        f"MYE2: Persons by single year of age, mid-{MID_YEAR}",
        ["Code", "Name", "Geography", "All ages", *ages],
        [
            [code, name, "Area", whole, *[each] * 18, *[(whole - each * 18) // 73] * 73]
            for code, name, each, whole in people()
        ],
    )
    sheet(
        "MYE3",
        f"MYE3: Components of population change, mid-{MID_YEAR}",
        [
            "Code",
            "Name",
            "Geography",
            f"Estimated Population mid-{MID_YEAR - 1}",
            "Births",
            "Deaths",
            "Births minus Deaths",
            "Internal Migration Inflow",
            "Internal Migration Outflow",
            "Internal Migration Net",
            "International Migration Inflow",
            "International Migration Outflow",
            "International Migration Net",
            "Other",
            f"Estimated Population mid-{MID_YEAR}",
        ],
        [
            [
                code,
                name,
                "Area",
                whole,
                each,
                each // 2,
                each - each // 2,
                *(["No data", "No data"] if code[:3] == "E92" else [whole // 20, whole // 22]),
                whole // 220,
                whole // 50,
                whole // 100,
                whole // 100,
                0,
                whole,
            ]
            for code, name, each, whole in people()
        ],
    )
    years = [f"Mid-{year}" for year in range(MID_YEAR, 2010, -1)]
    sheet(
        "MYE4",
        "MYE4: Population estimates: Summary",
        ["Code", "Name", "Geography", *years],
        [[code, name, "Area", *[whole] * len(years)] for code, name, each, whole in people()],
    )
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


LOOKED = "Children's social care - Children Looked After"


def outturn(returns=("857", "943")) -> bytes:
    """MHCLG's RO3 workbook: councils among `returns` made one, the others stand as [x]."""
    parts = {
        "": 100,
        " of which residential care": 43,
        " of which fostering services": 24,
        " of which asylum seeking children who are looked after": 4,
        " of which other": 29,
    }
    headings = ["E-code", "ONS Code", "Local authority", "Notes", "Class"]
    for part in parts:
        headings += [
            f"{LOOKED}{part} - Total Expenditure (C3 = C1 + C2)",
            f"{LOOKED}{part} - Total Income (C6 = C4 + C5)",
        ]
    rows = [["RO3 2024-25 data"], ["Data are reported in £ thousand."], headings]
    for code, name, size in [
        ("E92000001", "ENGLAND", 81000),
        *((new, name, LAC[old]) for old, (new, name) in COUNCILS.items()),
    ]:
        made = code == "E92000001" or next(old for old, (new, _) in COUNCILS.items() if new == code) in returns
        cells = [
            f"{size * part:,}" if made else "[x]"
            for share in parts.values()
            for part in (share * 11 // 10, share // 20)
        ]
        rows.append(["E0", code, name, "", "UA", *cells])
    cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>"
    body = "".join(
        "<table:table-row>" + "".join(cell.format(text.replace("&", "&amp;")) for text in row) + "</table:table-row>"
        for row in rows
    )
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
        f'<office:body><office:spreadsheet><table:table table:name="RO3">{body}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("content.xml", content)
    return out.getvalue()


BOOKS = {"mye23tablesew.xlsx": estimates, "RO3_LA_Data_2024-25_data_by_LA.ods": outturn}
WHOLE: dict[str, bytes] = {}


def files() -> dict[str, bytes]:
    """File name -> content of the whole folder; made once."""
    if not WHOLE:
        WHOLE.update({name: text.encode("utf-8") for name, text in texts().items()})
        WHOLE.update({name: make() for name, make in BOOKS.items()})
    return dict(WHOLE)


def write(folder, held):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in held.items():
        (folder / name).write_bytes(content)
    return folder
