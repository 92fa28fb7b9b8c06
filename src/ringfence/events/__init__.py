"""The words: schemas of events, identity, time, money, numbering, the error tree."""
