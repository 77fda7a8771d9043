-- What people did on the page. Times are ISO 8601 in UTC; answers and lists are JSON.
-- A change to this file is schema_2.sql, never an edit: databases in use are brought up step by step.

CREATE TABLE answers (                      -- one answer as it was shown; ratings and votes are of these
  id         TEXT PRIMARY KEY,              -- 128 random bits
  owner      TEXT NOT NULL,                 -- who asked
  domain     TEXT NOT NULL,
  asked      TEXT NOT NULL,                 -- the question as typed
  inquiry    TEXT NOT NULL,                 -- rag.inquiry.Inquiry
  answer     TEXT NOT NULL,                 -- rag.answer.Answer, with the passages it was made of
  system     TEXT NOT NULL,                 -- webui.domain.Offered.name
  model      TEXT NOT NULL,                 -- what was loaded: webui.pool.model_key
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX answers_of_owner ON answers (owner, created_at);

CREATE TABLE conversations (
  id         TEXT PRIMARY KEY,
  owner      TEXT NOT NULL,
  domain     TEXT NOT NULL,
  title      TEXT NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX conversations_of_owner ON conversations (owner, updated_at);

CREATE TABLE turns (
  conversation TEXT NOT NULL REFERENCES conversations ON DELETE CASCADE,
  position     INTEGER NOT NULL,
  answer       TEXT NOT NULL REFERENCES answers ON DELETE CASCADE,
  PRIMARY KEY (conversation, position)
) STRICT;

CREATE TABLE ratings (
  rater      TEXT NOT NULL,
  answer     TEXT NOT NULL REFERENCES answers ON DELETE CASCADE,
  score      INTEGER NOT NULL CHECK (score BETWEEN 1 AND 5),
  reasons    TEXT NOT NULL DEFAULT '[]',
  corrected  TEXT NOT NULL DEFAULT '',
  unfounded  TEXT NOT NULL DEFAULT '[]',    -- figures of `corrected` that stand in no passage, kept at the rater's word
  created_at TEXT NOT NULL,
  PRIMARY KEY (rater, answer)
) STRICT;

CREATE TABLE votes (                        -- left and right are the sides as the rater saw them
  rater        TEXT NOT NULL,
  left_answer  TEXT NOT NULL REFERENCES answers ON DELETE CASCADE,
  right_answer TEXT NOT NULL REFERENCES answers ON DELETE CASCADE,
  winner       TEXT NOT NULL CHECK (winner IN ('left', 'right', 'tie')),
  created_at   TEXT NOT NULL,
  both_bad     INTEGER NOT NULL DEFAULT 0 CHECK (both_bad = 0 OR winner = 'tie'),  -- 1: a tie because neither was good
  PRIMARY KEY (rater, left_answer, right_answer)
) STRICT;

CREATE TABLE lists (                        -- questions to be rated by several people
  id         TEXT PRIMARY KEY,
  owner      TEXT NOT NULL,
  domain     TEXT NOT NULL,
  name       TEXT NOT NULL,
  system     TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE list_questions (
  list     TEXT NOT NULL REFERENCES lists ON DELETE CASCADE,
  position INTEGER NOT NULL,
  question TEXT NOT NULL,
  named    TEXT NOT NULL DEFAULT '',        -- its id in the file it came from: an evaluation's, often
  level    TEXT NOT NULL DEFAULT '',
  as_of    INTEGER,                         -- YYYYMMDD
  answer   TEXT REFERENCES answers ON DELETE SET NULL,   -- NULL until it is answered; then the same for every rater
  failed   TEXT NOT NULL DEFAULT '',        -- why there is no answer, where one was tried
  PRIMARY KEY (list, position)
) STRICT;

CREATE TABLE sign_ins (
  token      TEXT PRIMARY KEY,              -- SHA-256 of the cookie's value
  user       TEXT NOT NULL,
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL
) STRICT;
