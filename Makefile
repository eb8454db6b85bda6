# Builds, installs, tests and demonstrates the extension clm; `make help` lists the targets.

.DEFAULT_GOAL := all

# Targets that run a script and need neither PostgreSQL nor a compiler beforehand.
SCRIPT_GOALS = help demo report test test-matrix test-ubsan test-asan test-valgrind test-pg-upgrade fuzz coverage expected reference lint bench release dist deb

EXTENSION = clm
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" clm.control)

# The parts of the install script, in the order in which they run.
SQL_PARTS = schema history models stage stage_data lever_data value_data matrix_data action_data process_data term_data mart_data reference label scores distributed contracts tracking value economics offers survey pilots ranking response retention concentration transitions cohorts incremental mart mart_views simulate grants

SQL_FILES = $(SQL_PARTS:%=sql/%.sql)
VERSION_SQL = $(EXTENSION)--$(EXTVERSION).sql
DATA_built = $(VERSION_SQL)
# The install scripts of the releases before this version, and the upgrade scripts.
DATA = $(filter-out sql/releases/$(VERSION_SQL), $(wildcard sql/releases/$(EXTENSION)--*.sql)) $(wildcard sql/$(EXTENSION)--*--*.sql)

MODULE_big = clm
CORE_OBJS = $(patsubst %.c,%.o,$(wildcard src/core/*.c src/core/models/*.c))
OBJS = $(patsubst %.c,%.o,$(wildcard src/*.c)) $(CORE_OBJS)
TEST_MODULES = $(patsubst test/module/%.c,build/%.so,$(wildcard test/module/*.c))
CORE_TESTS = $(patsubst test/core/%.c,build/%,$(wildcard test/core/*_test.c))

# `make installcheck` runs the tests of test/sql on a running server, in a database in UTF8 whatever the server's locale.
REGRESS = $(sort $(patsubst test/sql/%.sql,%,$(wildcard test/sql/*.sql)))
REGRESS_PREP = build/regress
REGRESS_OPTS = --inputdir=$(REGRESS_PREP) --outputdir=$(REGRESS_PREP) --load-extension=$(EXTENSION)
ENCODING = UTF8
NOLOCALE = --no-locale

# Only these symbols leave the library, so that nothing in it can clash with the server or another extension.
SHLIB_EXPORTS = build/exports.txt
EXPORTS = clm_* pg_finfo_clm_* Pg_magic_func _PG_*

NLOPT_CFLAGS := $(shell pkg-config --cflags nlopt 2>/dev/null)
NLOPT_LIBS := $(shell pkg-config --libs nlopt 2>/dev/null || echo -lnlopt)
SHLIB_LINK = $(NLOPT_LIBS) -lm

# SANITIZE=undefined or address: what scripts/test-sanitized tests. Whatever a sanitizer finds ends the backend.
SANITIZE_undefined = -fno-wrapv -fsanitize=undefined,float-cast-overflow
SANITIZE_address = -fsanitize=address -fno-omit-frame-pointer
SANITIZE_LINK_undefined = -lubsan
ifdef SANITIZE
SHLIB_LINK += $(SANITIZE_LINK_$(SANITIZE))
endif

# Results must not depend on the compiler's liberties: no contraction to fused operations, never -ffast-math.
# The server's headers count as system headers, which are not warned about.
PG_CPPFLAGS = -Isrc -isystem $(shell $(PG_CONFIG) --includedir-server) $(NLOPT_CFLAGS)
PG_CFLAGS = -ffp-contract=off -Wall -Wextra -Wno-unused-parameter -Wno-declaration-after-statement
ifdef SANITIZE
PG_CFLAGS += $(SANITIZE_$(SANITIZE)) -fno-sanitize-recover=all
endif
ifdef WERROR
PG_CFLAGS += -Werror
endif

EXTRA_CLEAN = build $(wildcard $(EXTENSION)--*.sql) \
	$(wildcard $(foreach dir,src src/core src/core/models,$(dir)/*.o $(dir)/*.bc))

# PGXS, unless all that was asked for is a script.
ifneq ($(filter-out $(SCRIPT_GOALS),$(or $(MAKECMDGOALS),all)),)
PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
ifeq ($(wildcard $(PGXS)),)
$(error '$(PG_CONFIG) --pgxs' finds no PostgreSQL server development files: run scripts/install-deps build, or set PG_CONFIG=/path/to/pg_config)
endif
# PGXS would name its dependency files after the bare file name, which src/ and src/core/ share.
override autodepend = no
include $(PGXS)
endif

# Header dependencies go to build/; a .bc depends on what its .o depends on.
dependency_file = build/$(subst /,-,$(basename $(1))).d
$(OBJS): override CFLAGS += -MMD -MP -MF $(call dependency_file,$@)
$(OBJS): Makefile | build
$(OBJS:.o=.bc): %.bc: %.o
-include $(foreach object,$(OBJS) $(CORE_TESTS:build/%=test/core/%.o),$(call dependency_file,$(object)))

src/core/%.o: override CFLAGS += -std=c11 -fvisibility=hidden
src/core/%.bc: override BITCODE_CFLAGS += -std=c11 -fvisibility=hidden
override BITCODE_CFLAGS += -ffp-contract=off

build:
	mkdir -p $@

$(VERSION_SQL): $(SQL_FILES) clm.control Makefile
	printf '%s\n' '\echo Use "CREATE EXTENSION $(EXTENSION)" to load this file. \quit' > $@.tmp
	cat $(SQL_FILES) >> $@.tmp
	mv $@.tmp $@

build/exports.txt: Makefile | build
	printf '%s\n' $(EXPORTS:%='%') > $@

# Unit tests of the core: programs of their own, without a server.
core-tests: $(CORE_TESTS)

$(CORE_TESTS): build/%: test/core/%.c $(CORE_OBJS) Makefile
	$(CC) $(CFLAGS) -std=c11 -Wno-missing-format-attribute $(CPPFLAGS) -MMD -MP -MF build/test-core-$*.d -MT $@ \
		-o $@ $< $(CORE_OBJS) $(SHLIB_LINK)

# This test stands between the core and malloc, to let it fail.
build/failures_test: private override CFLAGS += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free

check-core: core-tests
	prove --exec '' $(CORE_TESTS)

# What pg_regress reads is in a folder of its own: it would take sql/ at the top, which is the install script's, for the tests.
build/regress: | build
	mkdir -p $@
	ln -sfn ../../test/sql $@/sql
	ln -sfn ../../expected $@/expected

# Libraries for tests of the server side; not part of what is installed.
test-modules: $(TEST_MODULES)

$(TEST_MODULES): build/%.so: test/module/%.c Makefile | build
	$(CC) $(CFLAGS) $(CPPFLAGS) $(LDFLAGS) -shared -o $@ $<

demo:
	@exec scripts/demo

report:
	@exec scripts/report

test:
	@exec scripts/test

test-matrix:
	@exec scripts/test-matrix

test-ubsan:
	@exec scripts/test-sanitized undefined

test-asan:
	@exec scripts/test-sanitized address

test-valgrind:
	@exec scripts/test-valgrind

test-pg-upgrade:
	@exec scripts/test-pg-upgrade

fuzz:
	@SECONDS_TO_FUZZ=$(SECONDS) exec scripts/fuzz

coverage:
	@exec scripts/coverage

expected:
	@exec scripts/test --accept

reference:
	@exec scripts/reference

lint:
	@exec scripts/lint

bench:
	@exec scripts/bench

dist:
	@exec scripts/dist

deb:
	@exec scripts/deb

release:
	@exec scripts/release

help:
	@echo 'make              build the extension (needs a C compiler, NLopt and the PostgreSQL server headers)'
	@echo 'make install      install it into the PostgreSQL of PG_CONFIG (default: pg_config from the PATH)'
	@echo 'make installcheck the SQL regression tests on a running server in which it is installed (PGHOST, PGPORT ...)'
	@echo 'make demo         the main job on simulated orders, in a throw-away cluster; on a file of yours:'
	@echo '                  make demo ORDERS=file.csv CUSTOMER=id DAY=date AMOUNT=amt [AS_OF=1997-09-30]'
	@echo '                  [PERIOD=7] [DAYS=365] [MODEL=mbg/nbd]'
	@echo 'make report       the report page of a mart of such orders (the same settings), in OUT=clm-report.html;'
	@echo '                  of a mart that exists: make report SCHEMA=mart [DB=database] [REPORT_LANG=zh]'
	@echo 'make test         every test, in a throw-away cluster; some of them: make test TESTS="history stage"'
	@echo 'make test-matrix  the tests on PostgreSQL 15, 17 and 18, or MATRIX="17 18", those of another Debian in chroots (as root)'
	@echo 'make test-ubsan   the tests with the undefined behaviour sanitizer in the extension'
	@echo 'make test-asan    the same with the address sanitizer, on Debian 12 in a chroot with PostgreSQL 17 (as root)'
	@echo 'make test-valgrind the SQL tests on a PostgreSQL built with assertions, which it builds once, then under valgrind;'
	@echo '                  without valgrind: make test-valgrind ASSERT_ONLY=1'
	@echo 'make test-pg-upgrade pg_upgrade from the PostgreSQL of this machine to that of Debian 13, in a chroot (as root)'
	@echo 'make fuzz         random input and random calls on a server, of the core, and of sqlsmith: make fuzz SECONDS=600 SEED=1'
	@echo 'make coverage     the tests with a library that counts its lines: a table, and build/coverage/uncovered.txt'
	@echo 'make expected     run the SQL regression tests and take over their output into expected/ for review'
	@echo 'make reference    write docs/reference.md anew from the comments in sql/ and the examples in docs/examples/'
	@echo 'make lint         check format and code with clang-format, cppcheck and shellcheck'
	@echo 'make bench        the benchmarks'
	@echo 'make dist         build/clm-$(EXTVERSION).zip, the sources of the last commit, as for PGXN'
	@echo 'make deb          the Debian package, into build/, tested as it is built'
	@echo 'make release      keep the install script of this version, and date the tree, to be tagged (docs/releases.md)'
	@echo 'make clean        remove everything that was built'
	@echo 'What needs more than a compiler and PostgreSQL first installs it through apt (Debian, Ubuntu).'
	@echo 'WERROR=1 turns warnings into errors; PG_CONFIG or PG_VERSION choose the PostgreSQL to use.'

.PHONY: core-tests check-core test-modules demo report test test-matrix test-ubsan test-asan test-valgrind test-pg-upgrade fuzz coverage expected reference lint bench release dist deb help
