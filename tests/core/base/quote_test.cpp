#include "core/base/quote.hpp"

#include <doctest/doctest.h>

using namespace uvsched;

TEST_CASE("text in a message is quoted, cut between characters, and harmless") {
    CHECK(in_quotes("") == "\"\"");
    CHECK(in_quotes("plain") == "\"plain\"");
    CHECK(in_quotes("España") == "\"España\"");
    CHECK(in_quotes("a\nb\x7f") == "\"a\\x0ab\\x7f\"");
    CHECK(in_quotes("\xC2\x85") == "\"\\xc2\\x85\"");
    CHECK(in_quotes("*\u00A0*\u200B\uFEFF\U000E0041") == "\"*<U+00A0>*<U+200B><U+FEFF><U+E0041>\"");
    CHECK(in_quotes("\u00A1\u2010\u3001") == "\"\u00A1\u2010\u3001\"");
    CHECK(in_quotes("\xFFz") == "\"\\xffz\"");
    CHECK(in_quotes(std::string_view("\0", 1)) == "\"\\x00\"");
    CHECK(in_quotes(std::string(100, 'x'), 5) == "\"xxxxx…\"");
    CHECK(in_quotes("ññññññ", 3) == "\"ññ…\"");
}

TEST_CASE("what may be a password is not shown") {
    CHECK(without_secrets("sqlite:tasks@home.db?x=y") == "sqlite:tasks@home.db?...");
    CHECK(without_secrets("0 0 ? * MON") == "0 0 ? * MON");
    CHECK(without_secrets("postgresql://host/db") == "postgresql://host/db");
    CHECK(without_secrets("postgresql://me:pw@host/db?password=pw") == "postgresql://***@host/db?...");
    CHECK(without_secrets("postgresql://me:p@w?/d@host") == "postgresql://***@host");
    CHECK(without_secrets("postgresql://me:pw/jobs") == "postgresql://***/jobs");
    CHECK(without_secrets("postgresql://me:pw") == "postgresql://***");
    CHECK(without_secrets("postgresql://host:5432/jobs") == "postgresql://host:5432/jobs");
    CHECK(without_secrets("postgresql://a:1,b:2/jobs") == "postgresql://***/jobs");
    CHECK(without_secrets("postgresql://[::1]:5432/jobs") == "postgresql://[::1]:5432/jobs");
    CHECK(without_secrets("send:mail:me@host") == "send:mail:me@host");
    CHECK(without_secrets("sqlite:/a@b/tasks.db") == "sqlite:/a@b/tasks.db");
    CHECK(without_secrets("sqlite:////srv/a@b/tasks.db") == "sqlite:////srv/a@b/tasks.db");
    CHECK(in_quotes("x://me:pw@host") == "\"x://***@host\"");
}
