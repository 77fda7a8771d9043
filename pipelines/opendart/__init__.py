"""OpenDART: filings and figures collected as they are answered, to be read by pipelines/readers.

Own code on httpx and tenacity, since neither library for it keeps what is needed: OpenDartReader takes an archive's first
member for the filing and hands on decoded text instead of bytes; dart-fss reads the viewer's pages and their tables by
regular expressions; neither keeps to the limits a minute and a day, masks the key, or goes on where it stopped.
"""
