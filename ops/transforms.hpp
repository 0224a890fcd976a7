// Functions of functions: products with the Jacobian, the Jacobian and the Hessian of any function of
// tensors.
#pragma once

#include <vector>

#include <xtape/core/function_ref.hpp>
#include <xtape/core/tensor.hpp>

namespace xtape {

// f takes one tensor, or a std::vector of them, and returns one tensor. It may use any op, capture tensors
// (constants to it, also where they are the inputs), and ask for gradients itself. Inputs count as
// independent of each other. Results are recorded where f's inputs, gy, a tangent, or something that f
// captured requires a gradient, and no NoGrad scope is open; so all of these nest. What f does not depend on
// has derivatives of zero. All throw ShapeError where gy or tangents have not the shape they belong to.

template <Real T>
using FunctionOfOne = std::type_identity_t<FunctionRef<BasicTensor<T>(const BasicTensor<T>&)>>;
template <Real T>
using FunctionOfMany = std::type_identity_t<FunctionRef<BasicTensor<T>(const std::vector<BasicTensor<T>>&)>>;

/// f's value, and what was asked for.
template <Real T>
struct ValueAnd {
  BasicTensor<T> value;
  BasicTensor<T> result;
};
/// The same with a result for each input.
template <Real T>
struct ValueAndEach {
  BasicTensor<T> value;
  std::vector<BasicTensor<T>> result;
};

/// The vector-Jacobian product gy^T df/dx, in x's shape; gy has f(x)'s shape. torch.autograd.functional.vjp.
template <Real T>
ValueAnd<T> vjp(FunctionOfOne<T> f, const BasicTensor<T>& x, const std::type_identity_t<BasicTensor<T>>& gy,
                Here at = Here::now());
template <Real T>
ValueAndEach<T> vjp(FunctionOfMany<T> f, const std::vector<BasicTensor<T>>& x,
                    const std::type_identity_t<BasicTensor<T>>& gy, Here at = Here::now());

/// The gradient of f with f(x), which holds one element. Throws ShapeError where it does not.
/// torch.func.grad_and_value.
template <Real T>
ValueAnd<T> grad_and_value(FunctionOfOne<T> f, const BasicTensor<T>& x, Here at = Here::now());
template <Real T>
ValueAndEach<T> grad_and_value(FunctionOfMany<T> f, const std::vector<BasicTensor<T>>& x,
                               Here at = Here::now());

/// The Jacobian-vector product df/dx tangent, in f(x)'s shape; a tangent has its input's shape. Two backward
/// passes: the vjp is linear in gy, and its own vjp is this. torch.autograd.functional.jvp.
template <Real T>
ValueAnd<T> jvp(FunctionOfOne<T> f, const BasicTensor<T>& x,
                const std::type_identity_t<BasicTensor<T>>& tangent, Here at = Here::now());
template <Real T>
ValueAnd<T> jvp(FunctionOfMany<T> f, const std::vector<BasicTensor<T>>& x,
                const std::type_identity_t<std::vector<BasicTensor<T>>>& tangents, Here at = Here::now());

/// All of df/dx, of f(x)'s shape followed by x's; for several inputs one each. One backward pass for each
/// element of f(x). torch.autograd.functional.jacobian.
template <Real T>
BasicTensor<T> jacobian(FunctionOfOne<T> f, const BasicTensor<T>& x, Here at = Here::now());
template <Real T>
std::vector<BasicTensor<T>> jacobian(FunctionOfMany<T> f, const std::vector<BasicTensor<T>>& x,
                                     Here at = Here::now());

/// All second derivatives of f, whose value holds one element: x's shape twice; for several inputs [i][j] has
/// x[i]'s shape followed by x[j]'s. Throws ShapeError where f(x) holds more.
/// torch.autograd.functional.hessian.
template <Real T>
BasicTensor<T> hessian(FunctionOfOne<T> f, const BasicTensor<T>& x, Here at = Here::now());
template <Real T>
std::vector<std::vector<BasicTensor<T>>> hessian(FunctionOfMany<T> f, const std::vector<BasicTensor<T>>& x,
                                                 Here at = Here::now());

/// The Hessian times v, in x's shape, without the Hessian; v has the inputs' shapes. Throws ShapeError where
/// f(x) holds more than one element. torch.autograd.functional.hvp.
template <Real T>
ValueAnd<T> hvp(FunctionOfOne<T> f, const BasicTensor<T>& x, const std::type_identity_t<BasicTensor<T>>& v,
                Here at = Here::now());
template <Real T>
ValueAndEach<T> hvp(FunctionOfMany<T> f, const std::vector<BasicTensor<T>>& x,
                    const std::type_identity_t<std::vector<BasicTensor<T>>>& v, Here at = Here::now());

}  // namespace xtape
