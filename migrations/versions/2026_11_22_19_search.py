"""Make texts searchable by their words, Chinese, Japanese and Korean included.

Why: PostgreSQL takes a Chinese sentence for one word. Each character of a run is paired with the next, so
that every word of two characters or more is found wherever it stands.
Risk: document_chunks, messages and memories are rewritten to compute their words; about a millisecond a row,
during which they cannot be written.

Revision: 2026_11_22_19_search
Before: 2026_11_22_18_ingestion
"""

from typing import Final

from migrations.ddl import run

revision: Final = "2026_11_22_19_search"
down_revision: Final = "2026_11_22_18_ingestion"
branch_labels: Final = None
depends_on: Final = None

# Bodies of the SQL standard: their names are resolved now, and not under the search_path of whoever restores.
FUNCTIONS: Final = r"""
CREATE FUNCTION search_fold(content text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN regexp_replace(
        regexp_replace(
            regexp_replace(
                lower(
                    CASE WHEN content IS NFKC NORMALIZED THEN content ELSE normalize(content, NFKC) END
                    COLLATE pg_c_utf8
                ),
                '[\u0001-/:-@\[-`{-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7\u2000-\u206f'
                    '\u20a0-\u20cf\u2190-\u2bff\u3000-\u3004\u3008-\u3030\u3036-\u303f\u30a0\u30fb'
                    '\ufe00-\ufe6f\ufeff\ufff0-\uffff\U0001f000-\U0001fbff]',
                ' ', 'g'
            ),
            '([\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf'
                '\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]+)',
            ' \1 ', 'g'
        ),
        '([\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf'
            '\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff])',
        '\1 \1', 'g'
    );

CREATE FUNCTION search_vector(content text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE WHEN char_length(content) <= 60000
        THEN to_tsvector('pg_catalog.english'::regconfig, search_fold(content))
        ELSE to_tsvector('pg_catalog.english'::regconfig, search_fold(left(content, 60000))) || '…'::tsvector
    END;

COMMENT ON FUNCTION search_fold(text) IS
    'Text as it is searched: without case, width and punctuation, CJK characters in pairs.';

COMMENT ON FUNCTION search_vector(text) IS
    'The words of a text by which it is found; of one of more than 60000 characters the first, and the word …'
"""

SEARCHED: Final = ("document_chunks", "messages", "memories")


def upgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run(FUNCTIONS)
    for table in SEARCHED:
        words = "tsvector GENERATED ALWAYS AS (search_vector(content)) STORED"
        run(f"ALTER TABLE {table} ADD COLUMN words {words}")
        run(f"CREATE INDEX {table}_words_idx ON {table} USING gin (words)")


def downgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    for table in SEARCHED:
        run(f"ALTER TABLE {table} DROP COLUMN words")
    run("DROP FUNCTION search_vector(text)")
    run("DROP FUNCTION search_fold(text)")
