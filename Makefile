# ouro: a memory-leak and reference-cycle diagnostic.  `make help` lists the targets.

BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
CC      ?= cc
CXX     ?= c++
CFLAGS  ?= -O2 -g
V       ?= 0
VERSION := 0.1.0

comma   := ,
# The sanitized analyzer lives beside the plain one: the same tree, another root.
OUT     := $(BUILD)$(if $(SAN),/san)
Q       := $(if $(filter 1,$(V)),,@)
say     = $(if $(filter 1,$(V)),@:,@printf '  %-5s %s\n' $(1) $(2))

WARN    := -Wall -Wextra -Wundef -Wswitch-enum -Werror
COMMON  := -std=gnu11 -D_GNU_SOURCE -Iinclude -MMD -MP $(WARN)
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all)

# --- the preloaded half --------------------------------------------------------------------------
# Frame pointers in the hooks let them read their caller's registers; no stack protector and no
# builtin calls to libc, since the first malloc comes before libc is ready.
SHIM_SRC := $(sort $(wildcard shim/*.c shim/*.S))
SHIM_OBJ := $(addprefix $(BUILD)/,$(addsuffix .o,$(basename $(SHIM_SRC))))
SHIM_CFLAGS := $(COMMON) -fPIC -fvisibility=hidden -fno-omit-frame-pointer -fno-stack-protector \
	-fno-builtin-malloc -fno-builtin-calloc -fno-builtin-free -ftls-model=initial-exec \
	-fasynchronous-unwind-tables -fno-strict-aliasing -fno-tree-loop-distribute-patterns
SHIM_LDFLAGS := -shared -Wl,-soname,libouro.so -Wl,--version-script=shim/shim.map \
	-Wl,-z,initfirst -Wl,-z,now -Wl,-z,relro -Wl,-Bsymbolic -Wl,--as-needed -Wl,-z,defs

# --- the analyzer --------------------------------------------------------------------------------
ANALYZER_SRC := $(sort $(wildcard analyzer/*.c))
ANALYZER_OBJ := $(ANALYZER_SRC:%.c=$(OUT)/%.o)
ANALYZER_CFLAGS := $(COMMON) $(SANFLAGS)
ANALYZER_LIBS := -lelf -liberty -lm

# --- programs that test modules from inside ------------------------------------------------------
# The analyzer's take what they need of it from an archive; what is no *_test.c there is linked to
# each of them.  The shim's take the modules that stand alone from an archive, and stand in for
# what those ask of the others (stacks) themselves.
UNIT_SRC := $(sort $(wildcard tests/unit/*_test.c))
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(OUT)/unit/%)
UNIT_OBJ := $(patsubst %.c,$(OUT)/%.o,$(filter-out $(UNIT_SRC),$(sort $(wildcard tests/unit/*.c)))) \
	$(OUT)/analyzer.a

SHIM_UNIT_SRC := $(sort $(wildcard tests/unit/shim/*_test.c))
SHIM_UNIT_BIN := $(SHIM_UNIT_SRC:tests/unit/shim/%.c=$(BUILD)/unit/shim/%)
SHIM_UNIT_OBJ := $(filter $(foreach part,sys% guard% session% blocks% real% next% places% weak% \
	ledger% options% sample% recall%,$(BUILD)/shim/$(part)),$(SHIM_OBJ))

.PHONY: all
all: $(OUT)/ouro $(BUILD)/libouro.so

$(BUILD)/shim/%.o: shim/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS) $(SHIM_CFLAGS) -c $< -o $@

$(BUILD)/shim/%.o: shim/%.S
	@mkdir -p $(@D)
	$(call say,AS,$<)
	$(Q)$(CC) $(CFLAGS) -c $< -o $@

$(OUT)/analyzer/%.o: analyzer/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS) $(ANALYZER_CFLAGS) -c $< -o $@

$(BUILD)/libouro.so: $(SHIM_OBJ) shim/shim.map
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(SHIM_OBJ) $(SHIM_LDFLAGS) -o $@

$(OUT)/ouro: $(ANALYZER_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(SANFLAGS) $(ANALYZER_OBJ) $(ANALYZER_LIBS) -o $@

$(OUT)/analyzer.a: $(filter-out %/main.o,$(ANALYZER_OBJ))
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(OUT)/tests/unit/%.o: tests/unit/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS) $(ANALYZER_CFLAGS) -Ianalyzer -c $< -o $@

$(OUT)/unit/%_test: $(OUT)/tests/unit/%_test.o $(UNIT_OBJ)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(SANFLAGS) $^ $(ANALYZER_LIBS) -lpthread -o $@

$(BUILD)/tests/unit/shim/%.o: tests/unit/shim/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS) $(COMMON) -Ishim -c $< -o $@

$(BUILD)/shim.a: $(SHIM_UNIT_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/unit/shim/%_test: $(BUILD)/tests/unit/shim/%_test.o $(BUILD)/shim.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $^ -lpthread -o $@

# What the oracle compares with CPython's answer: a session's components, by the analyzer's stages.
ORACLE_BIN := $(OUT)/oracle/partition

$(OUT)/tests/oracle/%.o: tests/oracle/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS) $(ANALYZER_CFLAGS) -Ianalyzer -c $< -o $@

$(ORACLE_BIN): $(OUT)/tests/oracle/partition.o $(OUT)/analyzer.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(SANFLAGS) $^ $(ANALYZER_LIBS) -o $@

.SECONDARY:
-include $(SHIM_OBJ:.o=.d) $(ANALYZER_OBJ:.o=.d) $(wildcard $(OUT)/tests/unit/*.d $(OUT)/tests/oracle/*.d \
	$(BUILD)/tests/unit/shim/*.d)

# --- tests, measurements, a first look -----------------------------------------------------------
.PHONY: deps bench-deps unit tests check quick bench bench-scale demo
deps:
	$(Q).ci/deps

# The peers that ouro is measured beside.
bench-deps:
	$(Q).ci/bench-deps

unit: $(UNIT_BIN) $(SHIM_UNIT_BIN) $(ORACLE_BIN)
	@:

# What the tests run: both halves, and the analyzer's own tests plain and sanitized.
tests: all unit
	$(Q)$(MAKE) --no-print-directory SAN=address$(comma)undefined all unit

check: deps
	$(Q)$(MAKE) --no-print-directory tests
	$(Q)BUILD=$(BUILD) tests/run

quick: tests
	$(Q)BUILD=$(BUILD) tests/run --quick

bench: all
	$(Q)BUILD=$(BUILD) tests/bench/run $(if $(filter 1,$(QUICK)),--quick)

# How the cost grows with blocks, threads and stacks.
bench-scale: all
	$(Q)BUILD=$(BUILD) tests/bench/scale $(SCALE)

demo: deps
	$(Q)$(MAKE) --no-print-directory all
	$(Q)BUILD=$(BUILD) tests/demo/run

# --- install -------------------------------------------------------------------------------------
BINDIR := $(DESTDIR)$(PREFIX)/bin
LIBDIR := $(DESTDIR)$(PREFIX)/lib
INCDIR := $(DESTDIR)$(PREFIX)/include
MANDIR := $(DESTDIR)$(PREFIX)/share/man
HEADERS := $(wildcard include/*.h)
MANUALS := $(wildcard man/*.[0-9])

define OURO_PC
prefix=$(PREFIX)
libdir=$${prefix}/lib
includedir=$${prefix}/include

Name: ouro
Description: memory-leak and reference-cycle diagnostic
Version: $(VERSION)
Cflags: -I$${includedir}
endef
export OURO_PC

.PHONY: install uninstall
install: all
	install -d $(BINDIR) $(LIBDIR)/pkgconfig $(INCDIR)
	install -m 755 $(OUT)/ouro $(BINDIR)/ouro
	install -m 755 $(BUILD)/libouro.so $(LIBDIR)/libouro.so
	install -m 644 $(HEADERS) $(INCDIR)
	printf '%s\n' "$$OURO_PC" >$(LIBDIR)/pkgconfig/ouro.pc
	for page in $(MANUALS); do \
		install -D -m 644 "$$page" $(MANDIR)/man$${page##*.}/$${page##*/} || exit 1; \
	done

uninstall:
	rm -f $(BINDIR)/ouro $(LIBDIR)/libouro.so $(LIBDIR)/pkgconfig/ouro.pc
	rm -f $(HEADERS:include/%=$(INCDIR)/%)
	for page in $(MANUALS); do rm -f $(MANDIR)/man$${page##*.}/$${page##*/}; done

.PHONY: clean help
clean:
	rm -rf $(BUILD)

help:
	@printf '%s\n' \
		'make            build/ouro and build/libouro.so, usable in place' \
		'make demo       a small program and a real one under ouro (installs what is missing)' \
		'make check      every test; the last line counts them (installs what is missing)' \
		'make quick      the short test tier, for developers' \
		'make bench      what ouro costs beside its peers, in tables and build/bench/bench.json' \
		'                (QUICK=1: under 3 minutes; BENCH=OPTIONS, --help lists them; BENCH_JSON=FILE)' \
		'make bench-deps install what it is measured beside (heaptrack, valgrind, redis, ...)' \
		'make bench-scale  how that grows with blocks, threads, stacks (SCALE=--help: its options)' \
		'make deps       only install what is missing (apt; sudo where not root)' \
		'make install    into DESTDIR and PREFIX (/usr/local); make uninstall takes it away' \
		'make clean      remove the build directory' \
		'' \
		'V=1 shows commands; SAN=address,undefined builds the analyzer with sanitizers (build/san);' \
		'BUILD=DIR builds elsewhere.  tests/run -k NAME runs the tests whose name contains NAME.'
