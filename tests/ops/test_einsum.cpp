// einsum against a loop over all indices, for a table of equations and for random ones; gradients.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <xtape/core/backward.hpp>
#include <xtape/core/creation.hpp>
#include <xtape/core/gradcheck.hpp>
#include <xtape/core/random.hpp>
#include <xtape/ops/einsum.hpp>

#include "tests/support/tensors.hpp"

using namespace xtape;
using test::close;
using test::equal;

namespace {

using Terms = std::vector<std::string>;

std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == ',')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

/// "..." becomes as many digits as there are axes for it; '0' is the last of them.
std::string with_digits(const std::string& term, std::size_t axes) {
  const auto dots = term.find("...");
  if (dots == std::string::npos) return term;
  std::string digits;
  for (std::size_t i = axes; i-- > 0;) digits += static_cast<char>('0' + i);
  return term.substr(0, dots) + digits + term.substr(dots + 3);
}

/// The operands' labels and, last, the output's.
Terms terms_of(std::string equation, const std::vector<Tensor64>& operands) {
  std::erase(equation, ' ');
  const auto arrow = equation.find("->");
  Terms terms = split_at_commas(equation.substr(0, arrow));
  std::size_t most = 0;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const bool dots = terms[i].find("...") != std::string::npos;
    const std::size_t axes = dots ? operands[i].dimension() - (terms[i].size() - 3) : 0;
    most = std::max(most, axes);
    terms[i] = with_digits(terms[i], axes);
  }
  if (arrow != std::string::npos) {
    terms.push_back(with_digits(equation.substr(arrow + 2), most));
    return terms;
  }
  std::string letters, output = with_digits("...", most);
  for (const auto& term : terms)
    for (const char c : term)
      if (std::isalpha(c)) letters += c;
  std::sort(letters.begin(), letters.end());
  for (const char c : letters)
    if (std::count(letters.begin(), letters.end(), c) == 1) output += c;
  terms.push_back(output);
  return terms;
}

/// The sum over all indices, one by one.
Tensor64 naive(const std::string& equation, const std::vector<Tensor64>& operands) {
  const Terms terms = terms_of(equation, operands);
  const std::string& output = terms.back();
  std::map<char, index_t> sizes;
  for (std::size_t i = 0; i < operands.size(); ++i)
    for (std::size_t d = 0; d < terms[i].size(); ++d) {
      index_t& size = sizes.try_emplace(terms[i][d], 1).first->second;
      if (size == 1) size = operands[i].shape()[d];
    }
  Shape shape;
  for (const char label : output) shape.push_back(sizes[label]);
  auto y = uninitialized<double>(shape);
  std::fill_n(y.data(), y.size(), 0.0);
  std::map<char, index_t> index;
  index_t places = 1;
  for (const auto& [label, size] : sizes) places *= size;
  for (index_t place = 0; place < places; ++place) {
    index_t rest = place;
    for (const auto& [label, size] : sizes) {
      index[label] = rest % size;
      rest /= size;
    }
    const auto offset = [&](const std::string& term, const Shape& extents) {
      index_t at = 0;
      for (std::size_t d = 0; d < term.size(); ++d)
        at = at * extents[d] + (extents[d] == 1 ? 0 : index[term[d]]);
      return at;
    };
    double product = 1;
    for (std::size_t i = 0; i < operands.size(); ++i)
      product *= operands[i].data()[offset(terms[i], operands[i].shape())];
    y.data()[offset(output, shape)] += product;
  }
  return y;
}

struct Case {
  std::string equation;
  std::vector<Shape> shapes;
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  out << c.equation;
  for (const Shape& shape : c.shapes) out << " " << to_string(shape);
  return out;
}

std::vector<Tensor64> random_operands(const Case& c, Generator& random) {
  std::vector<Tensor64> operands;
  for (const Shape& shape : c.shapes) operands.push_back(randn<double>(shape, random));
  return operands;
}

void check_values(const Case& c, Generator& random) {
  const auto operands = random_operands(c, random);
  BOOST_TEST_CONTEXT(c) {
    BOOST_TEST(close(einsum(c.equation, operands), naive(c.equation, operands), 1e-13));
    std::vector<Tensor> single;
    for (const auto& x : operands) single.push_back(x.astype<float>());
    BOOST_TEST(close(einsum(c.equation, single).astype<double>(), naive(c.equation, operands), 1e-4));
  }
}

void check_gradients(const Case& c, Generator& random) {
  const auto operands = random_operands(c, random);
  BOOST_TEST_CONTEXT(c) {
    BOOST_CHECK_NO_THROW(check_grads([&](const auto& x) { return einsum(c.equation, x); }, operands));
  }
}

const std::vector<Case> table = {
    // one operand
    {"i->i", {{3}}},
    {"ij->ij", {{2, 3}}},
    {"ij->ji", {{2, 3}}},
    {"ij", {{2, 3}}},
    {"ji", {{2, 3}}},
    {"ij->i", {{2, 3}}},
    {"ij->j", {{2, 3}}},
    {"ij->", {{2, 3}}},
    {"ii", {{3, 3}}},
    {"ii->", {{3, 3}}},
    {"ii->i", {{3, 3}}},
    {"iji->ij", {{3, 2, 3}}},
    {"iji->ji", {{3, 2, 3}}},
    {"iji->j", {{3, 2, 3}}},
    {"iji", {{3, 2, 3}}},
    {"iii->i", {{2, 2, 2}}},
    {"iijj->ij", {{2, 2, 3, 3}}},
    {"iijj->ji", {{2, 2, 3, 3}}},
    {"iijj", {{2, 2, 3, 3}}},
    {"abcd->dbca", {{2, 3, 2, 3}}},
    {"abcd->db", {{2, 3, 2, 3}}},
    {"...", {{2, 3}}},
    {"...->...", {{}}},
    {"i...->...i", {{2, 3, 4}}},
    {"...ij->...ji", {{2, 3, 4}}},
    {"...i->...", {{2, 3, 4}}},
    {"...ii->...i", {{2, 3, 3}}},
    {"i...i", {{3, 2, 3}}},
    {"...i->i", {{3}}},
    {"ij->...ij", {{2, 3}}},
    {"", {{}}},
    {"->", {{}}},
    {"i->", {{0}}},
    {"ij->i", {{2, 0}}},
    {"ii->i", {{0, 0}}},
    {"ii->i", {{1, 1}}},
    {"ij->ji", {{1, 3}}},
    {"ijk->ki", {{2, 1, 3}}},
    // two
    {",", {{}, {}}},
    {"i,->i", {{3}, {}}},
    {",ij->ji", {{}, {2, 3}}},
    {"i,i", {{3}, {3}}},
    {"i,i->i", {{3}, {3}}},
    {"i,j->ij", {{3}, {4}}},
    {"i,j->ji", {{3}, {4}}},
    {"i,j->", {{3}, {4}}},
    {"i,j", {{3}, {4}}},
    {"ij,jk", {{2, 3}, {3, 4}}},
    {"ij,jk->ik", {{2, 3}, {3, 4}}},
    {"ij,jk->ki", {{2, 3}, {3, 4}}},
    {"ij,kj->ik", {{2, 3}, {4, 3}}},
    {"ji,jk->ik", {{3, 2}, {3, 4}}},
    {"ji,kj->ki", {{3, 2}, {4, 3}}},
    {"ij,jk->i", {{2, 3}, {3, 4}}},
    {"ij,jk->k", {{2, 3}, {3, 4}}},
    {"ij,jk->", {{2, 3}, {3, 4}}},
    {"ij,jk->ijk", {{2, 3}, {3, 4}}},
    {"ij,jk->kji", {{2, 3}, {3, 4}}},
    {"ij,ij->ij", {{2, 3}, {2, 3}}},
    {"ij,ij->i", {{2, 3}, {2, 3}}},
    {"ij,ij->j", {{2, 3}, {2, 3}}},
    {"ij,ij", {{2, 3}, {2, 3}}},
    {"ij,ji->", {{2, 3}, {3, 2}}},
    {"ij,ji->ij", {{2, 3}, {3, 2}}},
    {"ij,j->ij", {{2, 3}, {3}}},
    {"ij,i", {{2, 3}, {2}}},
    {"bij,bjk->bik", {{2, 3, 4}, {2, 4, 5}}},
    {"bij,bjk->ik", {{2, 3, 4}, {2, 4, 5}}},
    {"bij,bjk->bki", {{2, 3, 4}, {2, 4, 5}}},
    {"bij,jk->bik", {{2, 3, 4}, {4, 5}}},
    {"bij,bi->bij", {{2, 3, 4}, {2, 3}}},
    {"ijb,jkb->ikb", {{3, 4, 2}, {4, 5, 2}}},
    {"abi,bja->ij", {{2, 3, 4}, {3, 4, 2}}},
    {"aib,bja->ij", {{2, 4, 3}, {3, 4, 2}}},
    {"bthd,bshd->bhts", {{2, 3, 2, 4}, {2, 5, 2, 4}}},
    {"bhts,bshd->bthd", {{2, 2, 3, 5}, {2, 5, 2, 4}}},
    {"sd,hde->hse", {{3, 4}, {2, 4, 2}}},
    {"hse,hke->hsk", {{2, 3, 4}, {2, 5, 4}}},
    {"ii,i->i", {{3, 3}, {3}}},
    {"ii,ij->j", {{3, 3}, {3, 2}}},
    {"ii,jj->ij", {{3, 3}, {2, 2}}},
    {"ii,ii", {{3, 3}, {3, 3}}},
    {"ij,kl->jk", {{2, 3}, {4, 2}}},
    {"...i,...i->...", {{2, 3}, {2, 3}}},
    {"...ij,...jk->...ik", {{2, 3, 4}, {2, 4, 5}}},
    {"...ij,...jk->...ik", {{2, 1, 3, 4}, {3, 4, 5}}},
    {"...ij,...jk", {{3, 4}, {2, 4, 5}}},
    {"i...,...->...i", {{3, 2}, {2}}},
    {"...i,i...->i...", {{2, 3}, {3, 2}}},
    {"i...,j->...ij", {{2, 3}, {4}}},
    {"...,...", {{2, 1}, {3}}},
    {"...i,i->...", {{2, 3}, {3}}},
    {"bA,a", {{2, 3}, {4}}},
    {"Zz,zA->AZ", {{2, 3}, {3, 4}}},
    {" i j , j k -> i k ", {{2, 3}, {3, 4}}},
    // an axis of extent 1 broadcasts
    {"i,i->i", {{1}, {3}}},
    {"i,i", {{3}, {1}}},
    {"ij,ij->ij", {{1, 3}, {2, 3}}},
    {"ij,ij->ij", {{1, 3}, {2, 1}}},
    {"ij,ij->j", {{1, 3}, {2, 3}}},
    {"ij,ij", {{1, 3}, {4, 1}}},
    {"ij,jk->ik", {{2, 1}, {3, 4}}},
    {"ij,jk->ik", {{1, 1}, {1, 1}}},
    {"bij,bjk->bik", {{1, 3, 4}, {2, 4, 5}}},
    {"ii,i->i", {{1, 1}, {3}}},
    {"i,i->i", {{1}, {0}}},
    {"i,i->", {{0}, {1}}},
    {"ij,jk->ik", {{2, 0}, {0, 4}}},
    {"ij,jk->ik", {{0, 3}, {3, 4}}},
    // three and more
    {"i,i,i->i", {{3}, {3}, {3}}},
    {"i,i,i", {{3}, {3}, {3}}},
    {"i,j,k->kji", {{2}, {3}, {4}}},
    {"ij,jk,kl->il", {{2, 3}, {3, 4}, {4, 5}}},
    {"ij,jk,kl->li", {{2, 3}, {3, 4}, {4, 5}}},
    {"ij,jk,ki", {{2, 3}, {3, 4}, {4, 2}}},
    {"i,ij,j", {{3}, {3, 4}, {4}}},
    {"bi,ijk,bk->bj", {{2, 3}, {3, 4, 5}, {2, 5}}},
    {"ij,ik,il->jkl", {{2, 3}, {2, 4}, {2, 2}}},
    {"i,,->i", {{3}, {}, {}}},
    {",,", {{}, {}, {}}},
    {"ii,ij,jj->ij", {{3, 3}, {3, 2}, {2, 2}}},
    {"...i,...j,ij->...", {{2, 3}, {2, 4}, {3, 4}}},
    {"ij,jk,kl->il", {{1, 3}, {3, 1}, {4, 5}}},
    {"a,b,ab->", {{3}, {4}, {3, 4}}},
    {"ab,bc,cd,de->ae", {{2, 3}, {3, 2}, {2, 4}, {4, 3}}},
    {"a,b,c,d->dcba", {{2}, {3}, {2}, {3}}},
};

/// Equations with random labels, repeated and broadcast axes, ellipses, and every kind of output.
class RandomEquations {
 public:
  explicit RandomEquations(unsigned seed) : engine_(seed) {}

  Case next() {
    sizes_.clear();
    used_.clear();
    const int operands = 1 + pick(4), dots = pick(3) == 0 ? 1 + pick(2) : 0;
    bool any_dots = false;
    Case c;
    for (int i = 0; i < operands; ++i) {
      if (i) c.equation += pick(3) == 0 ? " , " : ",";
      c.shapes.push_back(add_term(c.equation, dots > 0 && pick(2) ? dots - pick(dots + 1) : -1, any_dots));
    }
    if (pick(4) != 0) add_output(c.equation, any_dots);
    return c;
  }

 private:
  int pick(int below) { return static_cast<int>(engine_() % static_cast<unsigned>(below)); }

  index_t size_of(char label) {
    return sizes_.try_emplace(label, pick(8) == 0 ? 1 : 2 + pick(2)).first->second;
  }

  Shape add_term(std::string& equation, int dot_axes, bool& any_dots) {
    Shape shape;
    std::string own;
    const int rank = pick(4), dots_at = dot_axes >= 0 ? pick(rank + 1) : -1;
    for (int d = 0; d <= rank; ++d) {
      if (d == dots_at) {
        equation += "...";
        any_dots = true;
        for (int k = dot_axes; k-- > 0;)
          shape.push_back(pick(4) == 0 ? 1 : size_of(static_cast<char>('0' + k)));
      }
      if (d == rank) break;
      const char label = "abcdE"[pick(5)];
      const bool repeated = own.find(label) != std::string::npos;
      own += label;
      used_ += label;
      equation += label;
      shape.push_back(repeated ? shape_of_[label] : shape_of_[label] = pick(6) == 0 ? 1 : size_of(label));
    }
    return shape;
  }

  void add_output(std::string& equation, bool any_dots) {
    std::sort(used_.begin(), used_.end());
    used_.erase(std::unique(used_.begin(), used_.end()), used_.end());
    std::shuffle(used_.begin(), used_.end(), engine_);
    std::string output = used_.substr(0, static_cast<std::size_t>(pick(static_cast<int>(used_.size()) + 1)));
    if (any_dots) output.insert(static_cast<std::size_t>(pick(static_cast<int>(output.size()) + 1)), "...");
    equation += "->" + output;
  }

  std::mt19937 engine_;
  std::map<char, index_t> sizes_, shape_of_;
  std::string used_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(einsum_op)

BOOST_AUTO_TEST_CASE(values) {
  const Tensor64 a = {{1, 2}, {3, 4}}, b = {{5, 6}, {7, 8}};
  BOOST_TEST(equal(einsum("ij,jk->ik", a, b), {{19, 22}, {43, 50}}));
  BOOST_TEST(equal(einsum("ij,jk", a, b), {{19, 22}, {43, 50}}));
  BOOST_TEST(equal(einsum("ij->ji", a), {{1, 3}, {2, 4}}));
  BOOST_TEST(equal(einsum("ii", a), 5));
  BOOST_TEST(equal(einsum("ii->i", a), {1, 4}));
  BOOST_TEST(equal(einsum("ij->j", a), {4, 6}));
  BOOST_TEST(equal(einsum(std::string("i,i"), Tensor64{1, 2}, Tensor64{3, 4}), 11));
  BOOST_TEST(equal(einsum("i,->i", Tensor64{1, 2}, 3), {3, 6}));
}

BOOST_AUTO_TEST_CASE(a_table_of_equations) {
  Generator random(1);
  for (const Case& c : table) check_values(c, random);
}

BOOST_AUTO_TEST_CASE(random_equations) {
  Generator random(2);
  RandomEquations equations(2);
  for (int i = 0; i < 2000; ++i) check_values(equations.next(), random);
}

BOOST_AUTO_TEST_CASE(gradients_of_order_two_of_the_table) {
  Generator random(3);
  for (const Case& c : table) check_gradients(c, random);
}

BOOST_AUTO_TEST_CASE(gradients_of_order_two_of_random_equations) {
  Generator random(4);
  RandomEquations equations(4);
  for (int i = 0; i < 60; ++i) check_gradients(equations.next(), random);
}

BOOST_AUTO_TEST_CASE(sizes_above_the_parallel_grain) {
  Generator random(5);
  for (const Case& c : {Case{"ij,jk->ik", {{67, 129}, {129, 65}}},
                        {"bthd,bshd->bhts", {{2, 33, 3, 17}, {2, 35, 3, 17}}},
                        {"ijb,jkb->ikb", {{33, 35, 9}, {35, 37, 9}}},
                        {"ij,ij->i", {{301, 203}, {301, 203}}},
                        {"ijk->kij", {{33, 35, 37}}}})
    check_values(c, random);
  check_gradients({"bthd,bshd->bhts", {{2, 33, 3, 17}, {2, 35, 3, 17}}}, random);
}

BOOST_AUTO_TEST_CASE(the_same_operand_twice) {
  Generator random(6);
  const auto x = randn<double>({3, 3}, random);
  for (const char* equation : {"ij,ij", "ij,ji", "ij,jk->ik", "ij,kj->ki", "ii,ij->j"})
    check_grads([&](const auto& v) { return einsum(equation, v[0], v[0]); }, {x});
}

/// Adding into a gradient that is there already gives the sum of the two.
BOOST_AUTO_TEST_CASE(gradients_add_up_in_place) {
  Generator random(7);
  for (const Case& c : table) {
    auto operands = random_operands(c, random);
    for (auto& x : operands) x.requires_grad_();
    const auto y = einsum(c.equation, operands);
    const auto gy = randn<double>(y.shape(), random);
    const auto once = grad<double>({y}, operands, {.grad_outputs = {gy}});
    const auto twice = grad<double>({einsum(c.equation, operands), einsum(c.equation, operands)}, operands,
                                    {.grad_outputs = {gy, gy}});
    BOOST_TEST_CONTEXT(c) {
      for (std::size_t i = 0; i < operands.size(); ++i)
        for (index_t k = 0; k < once[i].size(); ++k)
          BOOST_TEST(std::abs(twice[i].data()[k] - 2 * once[i].data()[k]) < 1e-13);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_cheapest_pair_comes_first) {
  // (v A) B: from the left 2 * 500 * 500 multiplications; from the right 500 * 500 * 500, and a node of (500,
  // 500)
  const auto v = ones<double>({500}).requires_grad_(), m = ones<double>({500, 500});
  const auto y = einsum("ij,jk,i->k", m, m, v);
  BOOST_TEST(y.at({0}) == 250000);
  BOOST_TEST(y.node()->inputs[0].parent->shape.size() == 1);
}

BOOST_AUTO_TEST_CASE(the_cheapest_order_of_all) {
  // A B C D, which is (50, 1), costs 10450, and by E 2500 more; from the left all five cost 522500.
  Generator random(8);
  std::vector<Tensor64> x;
  const std::vector<index_t> sizes = {50, 3, 100, 100, 1, 50};
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i)
    x.push_back(randn<double>({sizes[i], sizes[i + 1]}, random).requires_grad_());
  const auto y = einsum("ab,bc,cd,de,ef->af", x);
  const auto& inputs = y.node()->inputs;
  BOOST_TEST((inputs[0].parent->shape == Shape{50}));
  BOOST_TEST((inputs[1].parent == x[4].node()));
}

BOOST_AUTO_TEST_CASE(more_operands_than_are_compared_in_all_orders) {
  Generator random(9);
  check_values({"ab,bc,cd,de,ef,fg,gh,ha,ai,a,->gi",
                {{2, 3}, {3, 2}, {2, 3}, {3, 1}, {1, 2}, {2, 2}, {2, 2}, {2, 2}, {2, 2}, {2}, {}}},
               random);
}

BOOST_AUTO_TEST_CASE(a_pair_is_one_node) {
  const auto a = ones<double>({2, 3, 4}).requires_grad_(), b = ones<double>({2, 4, 5}).requires_grad_();
  const auto y = einsum("bij,bjk->bik", a, b);
  BOOST_TEST(y.op_name() == "einsum");
  BOOST_TEST((y.node()->inputs[0].parent == a.node()));
  BOOST_TEST(y.node()->saved_bytes == static_cast<std::size_t>(a.size() + b.size()) * sizeof(double));
}

BOOST_AUTO_TEST_CASE(unchanged_operands_share_their_storage) {
  const auto x = ones<double>({2, 3});
  BOOST_TEST((einsum("ij->ij", x).storage() == x.storage()));
}

BOOST_AUTO_TEST_SUITE_END()
