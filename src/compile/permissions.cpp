#include "compile/permissions.h"

#include <array>

namespace bh::compile {
namespace {

struct Pair {
  std::uint32_t accept;  ///< old bit
  std::uint32_t kernel;  ///< the kernel's bits that it stands for
};

/// Of a half of a file's accept word. The first kernel bit of an entry is the one that nothing else implies.
constexpr std::array<Pair, 7> file_bits{{
    {accept_bit::exec, perm::exec},
    {accept_bit::write,
     perm::write | perm::setattr | perm::create | perm::remove | perm::chmod | perm::chown | perm::open},
    {accept_bit::read, perm::read | perm::getattr | perm::open},
    {accept_bit::append, perm::append},
    {accept_bit::link, perm::link},
    {accept_bit::lock, perm::lock},
    {accept_bit::mmap, perm::mmap},
}};
constexpr std::uint32_t telling_bits =
    perm::exec | perm::write | perm::read | perm::append | perm::link | perm::lock | perm::mmap;

/// Of the policydb's accept word, beside bits 0…6, which are the kernel's own.
constexpr std::array<Pair, 9> policydb_bits{{
    {1U << 14, perm::setattr},
    {1U << 15, perm::getattr},
    {1U << 16, perm::accept},
    {1U << 17, perm::bind},
    {1U << 18, perm::listen},
    {1U << 19, perm::setopt},
    {1U << 20, perm::getopt},
    {1U << 28, perm::cont_match},
    {1U << 31, 1U << 31},
}};

std::uint32_t map_file(std::uint32_t half) {
  std::uint32_t kernel = 0;
  for (const Pair& pair : file_bits) {
    if ((half & pair.accept) != 0) kernel |= pair.kernel;
  }
  return kernel;
}

std::uint32_t unmap_file(std::uint32_t kernel) {
  std::uint32_t half = 0;
  for (const Pair& pair : file_bits) {
    if ((kernel & pair.kernel & telling_bits) != 0) half |= pair.accept;
  }
  return half;
}

std::uint32_t map_policydb(std::uint32_t accept) {
  std::uint32_t kernel = accept & accept_bit::base;
  for (const Pair& pair : policydb_bits) {
    if ((accept & pair.accept) != 0) kernel |= pair.kernel;
  }
  return kernel;
}

std::uint32_t unmap_policydb(std::uint32_t kernel) {
  std::uint32_t accept = kernel & accept_bit::base;
  for (const Pair& pair : policydb_bits) {
    if ((kernel & pair.kernel) != 0) accept |= pair.accept;
  }
  return accept;
}

std::uint32_t map_exec(std::uint32_t half) {
  std::uint32_t index = 0;
  const std::uint32_t modifier = (half & accept_bit::modifier_mask) >> accept_bit::modifier_shift;
  if (modifier == 1) index |= xindex::unconfined;
  if (modifier == 2) index |= xindex::name;
  if (modifier == 3) index |= xindex::name | xindex::child;
  if (modifier >= 4) index |= xindex::table | (modifier - 4);
  if ((half & accept_bit::pux) != 0) index |= xindex::unconfined;
  if ((half & accept_bit::unsafe) != 0) index |= xindex::unsafe;
  if ((half & accept_bit::inherit) != 0) index |= xindex::inherit;
  return index;
}

std::uint32_t unmap_exec(std::uint32_t index) {
  std::uint32_t modifier = 0;
  std::uint32_t half = 0;
  if ((index & xindex::table) != 0) {
    modifier = 4 + (index & xindex::index_mask);
  } else if ((index & xindex::name) != 0) {
    modifier = (index & xindex::child) != 0 ? 3 : 2;
  } else if ((index & xindex::unconfined) != 0) {
    modifier = 1;
  }
  if ((index & xindex::unconfined) != 0 && modifier != 1) half |= accept_bit::pux;
  if ((index & xindex::unsafe) != 0) half |= accept_bit::unsafe;
  if ((index & xindex::inherit) != 0) half |= accept_bit::inherit;
  return half | modifier << accept_bit::modifier_shift;
}

Perms file_half(AcceptBits bits, unsigned shift, unsigned audit_shift) {
  const std::uint32_t half = bits.accept >> shift & accept_bit::half;
  Perms perms;
  perms.allow = map_file(half) | perm::getattr;
  if ((bits.accept & accept_bit::change_profile) != 0) perms.allow |= perm::change_profile;
  if ((bits.accept & accept_bit::onexec) != 0) perms.allow |= perm::onexec;
  perms.audit = map_file(bits.accept2 >> audit_shift & accept_bit::base);
  perms.quiet = map_file(bits.accept2 >> (audit_shift + 7) & accept_bit::base);
  if ((perms.allow & perm::exec) != 0) perms.xindex = map_exec(half);
  return perms;
}

std::uint32_t unmap_file_half(const Perms& perms) {
  return unmap_file(perms.allow) | ((perms.allow & perm::exec) != 0 ? unmap_exec(perms.xindex) : 0);
}

}  // namespace

FilePerms file_from_accept(AcceptBits bits) {
  return {file_half(bits, 0, 0), file_half(bits, accept_bit::other_shift, 14)};
}

AcceptBits file_to_accept(const FilePerms& perms) {
  AcceptBits bits;
  bits.accept = unmap_file_half(perms.owner) | unmap_file_half(perms.other) << accept_bit::other_shift;
  if ((perms.owner.allow & perm::change_profile) != 0) bits.accept |= accept_bit::change_profile;
  if ((perms.owner.allow & perm::onexec) != 0) bits.accept |= accept_bit::onexec;
  bits.accept2 = unmap_file(perms.owner.audit) | unmap_file(perms.owner.quiet) << 7 |
                 unmap_file(perms.other.audit) << 14 | unmap_file(perms.other.quiet) << 21;
  return bits;
}

Perms policydb_from_accept(AcceptBits bits) {
  Perms perms;
  perms.allow = map_policydb(bits.accept) | perm::lock;
  const auto field = [&](unsigned shift) {
    return map_policydb((bits.accept2 >> shift & accept_bit::base) |
                        (bits.accept2 >> (shift + 14) & accept_bit::base) << accept_bit::other_shift);
  };
  perms.audit = field(0);
  perms.quiet = field(7);
  return perms;
}

AcceptBits policydb_to_accept(const Perms& perms) {
  const auto field = [&](std::uint32_t kernel, unsigned shift) {
    const std::uint32_t accept = unmap_policydb(kernel);
    return (accept & accept_bit::base) << shift | (accept >> accept_bit::other_shift & accept_bit::base)
                                                      << (shift + 14);
  };
  return {unmap_policydb(perms.allow), field(perms.audit, 0) | field(perms.quiet, 7)};
}

Perms effective(Perms perms, bool of_files, bool exact) {
  if (!of_files) perms.allow &= ~perm::lock;
  perms.allow &= ~perms.deny;
  perms.deny = 0;
  if (!exact) {
    perms.audit &= perms.allow | perms.prompt;
    perms.quiet &= ~perms.allow;
  }
  if ((perms.allow & (perm::exec | perm::onexec)) == 0) perms.xindex = 0;
  return perms;
}

}  // namespace bh::compile
