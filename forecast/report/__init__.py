"""What a reader sees: words, tables and charts, all made from one answer."""
