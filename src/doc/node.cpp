#include "doc/node.h"

namespace bh::doc {

std::string_view describe(Kind kind) {
  switch (kind) {
    case Kind::table:
      return "a table";
    case Kind::array:
      return "an array";
    case Kind::string:
      return "a string";
    case Kind::integer:
      return "an integer";
    case Kind::floating:
      return "a number";
    case Kind::boolean:
      return "a boolean";
    case Kind::datetime:
      return "a date or time";
  }
  return "a value";
}

}  // namespace bh::doc
