namespace Bellman.Algorithms.Bilevel;

/// <summary>
/// Two problems in one: the inner one finds θ*(φ), a stationary point of an inner objective; the outer one asks how an objective of θ* changes
/// with φ. What an implicit gradient needs to know of them, at one θ and φ. Both objectives are to be maximised.
/// </summary>
public interface IBilevelProblem
{
    /// <summary>Numbers in θ.</summary>
    int InnerParameters { get; }

    /// <summary>Numbers in φ.</summary>
    int OuterParameters { get; }

    /// <summary>v = ∇θ J_outer.</summary>
    void OuterGradient(Span<double> v);

    /// <summary>H p, H = ∇²θ J_inner, without forming H.</summary>
    void HessianVector(ReadOnlySpan<double> p, Span<double> product);

    /// <summary>∇φ &lt;∇θ J_inner, q&gt;, with q held constant.</summary>
    void CrossGradient(ReadOnlySpan<double> q, Span<double> gradient);

    /// <summary>∂J_outer/∂φ where φ appears in the outer objective itself; nothing unless overridden.</summary>
    void DirectGradient(Span<double> gradient) => gradient.Clear();
}
