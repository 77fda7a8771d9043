"""The page in a real browser: one page is served for all these tests, but for those that end it or need data of their own."""
