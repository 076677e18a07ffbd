# ouro: a memory-leak and reference-cycle diagnostic.  `make help` lists the targets.

BUILD   ?= build
PREFIX  ?= /usr/local
CC      ?= cc
CFLAGS  ?= -O2 -g
V       ?= 0
Q       := $(if $(filter 1,$(V)),,@)
say     = $(if $(filter 1,$(V)),@:,@printf '  %-5s %s\n' $(1) $(2))

WARN    := -Wall -Wextra -Wundef -Wswitch-enum -Werror
COMMON  := -std=gnu11 -D_GNU_SOURCE -Iinclude -MMD -MP $(WARN)
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all)

# --- the preloaded half --------------------------------------------------------------------------
# Frame pointers in the hooks let them read their caller's registers; no stack protector and no
# builtin calls to libc, since the first malloc comes before libc is ready.
SHIM_SRC := $(sort $(wildcard shim/*.c))
SHIM_OBJ := $(SHIM_SRC:%.c=$(BUILD)/%.o)
SHIM_CFLAGS := $(COMMON) -fPIC -fvisibility=hidden -fno-omit-frame-pointer -fno-stack-protector \
	-fno-builtin-malloc -fno-builtin-calloc -fno-builtin-free -ftls-model=initial-exec \
	-fasynchronous-unwind-tables -fno-strict-aliasing
SHIM_LDFLAGS := -shared -Wl,-soname,libouro.so -Wl,--version-script=shim/shim.map \
	-Wl,-z,initfirst -Wl,-z,now -Wl,-z,relro -Wl,-Bsymbolic -Wl,--as-needed -Wl,-z,defs

# --- the analyzer --------------------------------------------------------------------------------
ANALYZER_SRC := $(sort $(wildcard analyzer/*.c))
ANALYZER_OBJ := $(ANALYZER_SRC:%.c=$(BUILD)/%.o)
ANALYZER_CFLAGS := $(COMMON) $(SANFLAGS)
ANALYZER_LIBS := -ldw -lelf -liberty -ljson-c

.PHONY: all
all: $(BUILD)/ouro $(BUILD)/libouro.so

$(BUILD)/shim/%.o: shim/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS) $(SHIM_CFLAGS) -c $< -o $@

$(BUILD)/analyzer/%.o: analyzer/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS) $(ANALYZER_CFLAGS) -c $< -o $@

$(BUILD)/libouro.so: $(SHIM_OBJ) shim/shim.map
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(SHIM_OBJ) $(SHIM_LDFLAGS) -o $@

$(BUILD)/ouro: $(ANALYZER_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(SANFLAGS) $(ANALYZER_OBJ) $(ANALYZER_LIBS) -o $@

-include $(SHIM_OBJ:.o=.d) $(ANALYZER_OBJ:.o=.d)

.PHONY: clean
clean:
	rm -rf $(BUILD)
