#include "generate/spec.h"

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/terminal.h"

namespace bh::cli {
namespace {

int run(const Arguments& arguments, Terminal& terminal) {
  terminal.out(arguments.has("schema") ? generate::spec_schema_json() : generate::spec_reference_markdown());
  return exit_fine;
}

constexpr Flag flags[] = {{.name = "schema", .help = "the JSON Schema instead, for editors"}};
constexpr Example examples[] = {{"spec", "every key of a spec, what it means and its default"},
                                {"spec --schema > spec.schema.json", "for an editor that checks TOML"}};

}  // namespace

extern const Command spec_command;
constexpr Command spec_command = {
    .name = "spec",
    .summary = "the reference of the spec language, or its JSON Schema",
    .description = "Prints what docs/spec.md holds: every table and key of a spec.",
    .arguments = {},
    .flags = flags,
    .examples = examples,
    .run = run};

}  // namespace bh::cli
