#include "policy/words.h"

#include <gtest/gtest.h>

#include <set>

namespace bh::policy {
namespace {

TEST(Words, names_are_unique_in_each_table) {
  for (Words table : {capabilities(), network_families(), socket_types(), signals(), rlimits(), error_names(),
                      access_words(RuleClass::network), access_words(RuleClass::dbus)}) {
    std::set<std::string_view> names;
    for (const Word& word : table) EXPECT_TRUE(names.insert(word.name).second) << word.name;
  }
}

TEST(Words, capabilities_are_the_kernels_numbers_without_gap) {
  ASSERT_EQ(capabilities().size(), 41u);
  for (std::size_t i = 0; i < capabilities().size(); ++i) EXPECT_EQ(capabilities()[i].value, i);
}

TEST(Words, signals_are_apparmors_numbers) {
  EXPECT_EQ(signal_number("hup"), 1u);
  EXPECT_EQ(signal_number("exists"), 35u);
  EXPECT_EQ(signal_number("rtmin+0"), 128u);
  EXPECT_EQ(signal_number("rtmin+032"), 160u);
  EXPECT_EQ(signal_number("rtmin+1x"), 129u);
  EXPECT_EQ(signal_number("rtmin+"), 128u);
  for (const char* bad : {"HUP", "rtmin", "rtmin+33", "rtmin+-1", ""})
    EXPECT_EQ(signal_number(bad), std::nullopt) << bad;
}

TEST(Words, mount_options_set_or_clear) {
  EXPECT_EQ(find_mount_option("ro")->set, find_mount_option("rw")->clear);
  EXPECT_EQ(find_mount_option("rbind")->set, find_mount_option("bind")->set | 0x4000u);
  EXPECT_EQ(find_mount_option("make-private")->set, find_mount_option("private")->set);
  EXPECT_EQ(find_mount_option("RO"), nullptr);
}

TEST(Words, every_class_has_its_keyword) {
  EXPECT_EQ(class_keyword(RuleClass::network), "network");
  EXPECT_EQ(class_keyword(RuleClass::all), "all");
}

struct Limit {
  const char* name;
  const char* value;
  std::optional<std::uint64_t> expected;
};

class Rlimit : public testing::TestWithParam<Limit> {};

TEST_P(Rlimit, value_in_the_kernels_unit) {
  std::string why;
  auto value = rlimit_value(GetParam().name, GetParam().value, why);
  EXPECT_EQ(value, GetParam().expected) << GetParam().name << " <= " << GetParam().value << ": " << why;
  EXPECT_EQ(why.empty(), value.has_value());
}

constexpr std::uint64_t infinity = ~std::uint64_t{0};
constexpr std::uint64_t largest = infinity >> 1;  // what is more counts as this

INSTANTIATE_TEST_SUITE_P(
    Values, Rlimit,
    testing::Values(Limit{"as", "1", 1}, Limit{"as", "1K", 1024}, Limit{"as", "2MB", 2u << 20},
                    Limit{"as", "3G", 3ull << 30}, Limit{"as", "1k", {}}, Limit{"as", "1T", {}},
                    Limit{"as", "-1", {}}, Limit{"as", "infinity", infinity},
                    Limit{"as", "18446744073709551615", largest}, Limit{"as", "18446744073709551614K", {}},
                    Limit{"as", "", {}}, Limit{"as", "99999999999999999999", largest},
                    Limit{"nofile", "10", 10}, Limit{"nofile", "10K", {}}, Limit{"cpu", "1", 1},
                    Limit{"cpu", "2min", 120}, Limit{"cpu", "1500ms", 1}, Limit{"cpu", "999ms", {}},
                    Limit{"cpu", "1week", 604800}, Limit{"rttime", "1", 1},
                    Limit{"rttime", "60minutes", 3600000000}, Limit{"rttime", "60m", {}},
                    Limit{"nice", "-20", 0}, Limit{"nice", "19", 39}, Limit{"nice", "20", {}},
                    Limit{"nice", "-21", {}}, Limit{"nice", "5K", {}}, Limit{"nothing", "1", {}}));

}  // namespace
}  // namespace bh::policy
