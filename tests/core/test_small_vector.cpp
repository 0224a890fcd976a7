// Small vectors whose elements own something: what is let go of, and when.
#include <boost/test/unit_test.hpp>

#include <memory>
#include <utility>

#include <xtape/core/small_vector.hpp>

using xtape::SmallVector;
using Shared = std::shared_ptr<int>;

BOOST_AUTO_TEST_SUITE(small_vector)

BOOST_AUTO_TEST_CASE(elements_that_go_are_let_go_of) {
  const Shared a = std::make_shared<int>(1), b = std::make_shared<int>(2);
  SmallVector<Shared, 2> list = {a, b};
  BOOST_TEST(a.use_count() == 2);
  list.erase(0);
  BOOST_TEST(a.use_count() == 1);
  BOOST_TEST((list[0] == b && list.size() == 1));
  list.pop_back();
  BOOST_TEST(b.use_count() == 1);
  list.push_back(a);
  list.clear();
  BOOST_TEST(a.use_count() == 1);
  BOOST_TEST(list.empty());
}

BOOST_AUTO_TEST_CASE(growing_moves_them) {
  const Shared a = std::make_shared<int>(1);
  {
    SmallVector<Shared, 2> list;
    for (int i = 0; i < 9; ++i) list.push_back(a);
    BOOST_TEST(a.use_count() == 10);
    list.insert(3, nullptr);
    BOOST_TEST((list[2] == a && !list[3] && list[4] == a && list[9] == a));
    BOOST_TEST(a.use_count() == 10);
  }
  BOOST_TEST(a.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(copies_share_and_moves_do_not) {
  const Shared a = std::make_shared<int>(1);
  for (const int count : {1, 2, 5}) {  // inside, and beyond
    SmallVector<Shared, 2> list;
    for (int i = 0; i < count; ++i) list.push_back(a);
    SmallVector<Shared, 2> copy = list;
    BOOST_TEST(a.use_count() == 1 + 2 * count);
    SmallVector<Shared, 2> moved = std::move(list);
    BOOST_TEST(a.use_count() == 1 + 2 * count);
    BOOST_TEST((moved == copy));
    BOOST_TEST(moved.size() == static_cast<std::size_t>(count));
    copy = std::move(moved);
    BOOST_TEST(a.use_count() == 1 + count);
    copy = SmallVector<Shared, 2>();
    BOOST_TEST(a.use_count() == 1);
  }
}

struct Tree {
  SmallVector<std::unique_ptr<Tree>, 1> children;
};

BOOST_AUTO_TEST_CASE(what_an_element_owns_can_take_its_place) {
  for (const int count : {1, 3}) {  // inside, and beyond
    Tree root;
    root.children.push_back(std::make_unique<Tree>());
    for (int i = 0; i < count; ++i) root.children[0]->children.push_back(std::make_unique<Tree>());
    root.children = std::move(root.children[0]->children);
    BOOST_TEST(root.children.size() == static_cast<std::size_t>(count));
    BOOST_TEST(root.children[0]->children.empty());
  }
}

BOOST_AUTO_TEST_CASE(plain_elements_copy_inside_and_beyond) {
  for (const std::size_t count : {0U, 1U, 3U, 4U, 20U}) {
    SmallVector<long, 3> list;
    for (std::size_t i = 0; i < count; ++i) list.push_back(static_cast<long>(i));
    SmallVector<long, 3> copy = list, assigned = {7, 8, 9, 10};
    BOOST_TEST((copy == list));
    assigned = list;
    BOOST_TEST((assigned == list));
    const SmallVector<long, 3> moved = std::move(copy);
    BOOST_TEST((moved == list));
    list.push_back(1);
    BOOST_TEST(!(moved == list));
  }
}

BOOST_AUTO_TEST_SUITE_END()
