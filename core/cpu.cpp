// What this processor can do. This file is compiled for every processor, so that it can complain on any.
#include <xtape/core/cpu.hpp>

#include <cstring>
#include <string>

#include <xtape/core/cpu_impl.hpp>
#include <xtape/core/error.hpp>

#ifdef __x86_64__
#include <cpuid.h>
#endif

namespace xtape {
namespace {

#ifdef __x86_64__

enum Register { eax, ebx, ecx, edx };

// Where cpuid tells of an instruction set.
struct Feature {
  const char* name;
  unsigned leaf, subleaf;
  Register place;
  unsigned bit;
};

constexpr Feature features[] = {
    {"sse3", 1, 0, ecx, 0},
    {"ssse3", 1, 0, ecx, 9},
    {"fma", 1, 0, ecx, 12},
    {"sse4.1", 1, 0, ecx, 19},
    {"sse4.2", 1, 0, ecx, 20},
    {"movbe", 1, 0, ecx, 22},
    {"popcnt", 1, 0, ecx, 23},
    {"avx", 1, 0, ecx, 28},
    {"f16c", 1, 0, ecx, 29},
    {"lzcnt", 0x80000001, 0, ecx, 5},
    {"bmi", 7, 0, ebx, 3},
    {"avx2", 7, 0, ebx, 5},
    {"bmi2", 7, 0, ebx, 8},
    {"avx512f", 7, 0, ebx, 16},
    {"avx512dq", 7, 0, ebx, 17},
    {"avx512ifma", 7, 0, ebx, 21},
    {"avx512cd", 7, 0, ebx, 28},
    {"avx512bw", 7, 0, ebx, 30},
    {"avx512vl", 7, 0, ebx, 31},
    {"avx512vbmi", 7, 0, ecx, 1},
    {"avx512vbmi2", 7, 0, ecx, 6},
    {"gfni", 7, 0, ecx, 8},
    {"avx512vnni", 7, 0, ecx, 11},
    {"avx512bitalg", 7, 0, ecx, 12},
    {"avx512vpopcntdq", 7, 0, ecx, 14},
    {"avx512fp16", 7, 0, edx, 23},
    {"avxvnni", 7, 1, eax, 4},
    {"avx512bf16", 7, 1, eax, 5},
};

bool has_instructions(const char* name) {
  // The operating system has a say too: it must keep the wide registers.
  if (std::strcmp(name, "avx") == 0 && !__builtin_cpu_supports("avx")) return false;
  if (std::strcmp(name, "avx512f") == 0 && !__builtin_cpu_supports("avx512f")) return false;
  for (const Feature& feature : features) {
    if (std::strcmp(feature.name, name) != 0) continue;
    unsigned registers[4] = {};
    __get_cpuid_count(feature.leaf, feature.subleaf, &registers[eax], &registers[ebx], &registers[ecx],
                      &registers[edx]);
    return (registers[feature.place] >> feature.bit & 1) != 0;
  }
  return false;
}

#else

bool has_instructions(const char*) { return false; }

#endif

}  // namespace

void check_instructions(const char* const* needed) {
  std::string missing;
  for (; *needed != nullptr; ++needed) {
    if (has_instructions(*needed)) continue;
    missing += missing.empty() ? "" : ", ";
    missing += *needed;
  }
  if (missing.empty()) return;
  throw Error("xtape: this processor lacks instructions that the library was compiled for: " + missing +
              "; build xtape on this machine, or with -DXTAPE_PROCESSOR=baseline");
}

void check_processor() {
  static const bool checked = (check_instructions(compiled_instructions), true);
  static_cast<void>(checked);
}

}  // namespace xtape
