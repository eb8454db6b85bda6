# Builds the core with sanitizers, without PostgreSQL and outside the source tree: its unit tests, and the fuzz targets of
# libFuzzer.
#     make -f test/sanitized.mk OUT=folder tests      # with CC, programs folder/tests/NAME_test
#     make -f test/sanitized.mk OUT=folder fuzz       # with clang, programs folder/fuzz/NAME_fuzz

OUT ?= build/sanitized
CLANG ?= clang

NLOPT_CFLAGS := $(shell pkg-config --cflags nlopt 2>/dev/null)
NLOPT_LIBS := $(shell pkg-config --libs nlopt 2>/dev/null || echo -lnlopt)

# Division by zero is defined for doubles, and the core counts on it in places: so it is left out.
SANITIZERS = address,undefined,float-cast-overflow
FLAGS = -Isrc -std=c11 -g -ffp-contract=off -fno-omit-frame-pointer -fno-sanitize-recover=all -Wall -Wextra -Wno-unused-parameter $(NLOPT_CFLAGS)
LIBS = $(NLOPT_LIBS) -lm

CORE = $(wildcard src/core/*.c src/core/models/*.c)
HEADERS = $(wildcard src/core/*.h src/core/models/*.h)
TESTS = $(patsubst test/core/%.c,$(OUT)/tests/%,$(wildcard test/core/*_test.c))
FUZZ = $(patsubst test/fuzz/%.c,$(OUT)/fuzz/%,$(wildcard test/fuzz/*_fuzz.c))

tests: $(TESTS)
fuzz: $(FUZZ)

$(OUT)/tests/%.o: %.c $(HEADERS)
	@mkdir -p $(@D)
	$(CC) $(FLAGS) -O2 -fsanitize=$(SANITIZERS) -c -o $@ $<

$(OUT)/fuzz/%.o: %.c $(HEADERS)
	@mkdir -p $(@D)
	$(CLANG) $(FLAGS) -O1 -fsanitize=fuzzer-no-link,$(SANITIZERS) -c -o $@ $<

$(OUT)/tests/core.a: $(CORE:%.c=$(OUT)/tests/%.o)
$(OUT)/fuzz/core.a: $(CORE:%.c=$(OUT)/fuzz/%.o)
%/core.a:
	ar rcs $@ $^

# Test programs are tables and loops that call the core: they need no optimisation.
$(TESTS): $(OUT)/tests/%: test/core/%.c $(OUT)/tests/core.a $(HEADERS) $(wildcard test/core/*.h)
	$(CC) $(FLAGS) -Wno-missing-field-initializers -O1 -fsanitize=$(SANITIZERS) $(WRAPS) -o $@ $< $(OUT)/tests/core.a $(LIBS)

# This test stands between the core and malloc, to let it fail.
$(OUT)/tests/failures_test: private WRAPS = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free

$(FUZZ): $(OUT)/fuzz/%: test/fuzz/%.c test/fuzz/fuzz.h $(OUT)/fuzz/core.a $(HEADERS)
	$(CLANG) $(FLAGS) -O1 -fsanitize=fuzzer,$(SANITIZERS) -o $@ $< $(OUT)/fuzz/core.a $(LIBS)

.PHONY: tests fuzz
