// The check that the processor has the instructions that the library was compiled for.
#include <boost/test/unit_test.hpp>

#include <string>

#include <xtape/core/cpu.hpp>
#include <xtape/core/cpu_impl.hpp>
#include <xtape/core/error.hpp>

BOOST_AUTO_TEST_SUITE(cpu)

BOOST_AUTO_TEST_CASE(the_processor_that_compiled_the_library_runs_it) {
  BOOST_CHECK_NO_THROW(xtape::check_processor());
}

BOOST_AUTO_TEST_CASE(missing_instructions_are_named_with_the_remedy) {
  const char* const needed[] = {"sse3", "mmx2100", "avx4096", nullptr};
  BOOST_CHECK_EXCEPTION(xtape::check_instructions(needed), xtape::Error, [](const xtape::Error& error) {
    BOOST_TEST(error.what() ==
               std::string("xtape: this processor lacks instructions that the library was compiled for: "
                           "mmx2100, avx4096; build xtape on this machine, or with "
                           "-DXTAPE_PROCESSOR=baseline"));
    return true;
  });
}

BOOST_AUTO_TEST_SUITE_END()
