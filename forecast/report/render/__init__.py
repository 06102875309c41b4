"""One report, told four ways: Word an officer edits, a page for a browser, an accessible PDF, and blocks to paste.

    word.to_word(report, path, template)    html.to_html(report, path)
    pdf.to_pdf(report, path)                blocks.write_blocks(report, folder)
Each cleans what it is given (safe), writes whole files or none (files), and gives the same bytes for the same report.
`check` reads the finished files back.
"""
