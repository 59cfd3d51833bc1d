using System.Globalization;

namespace Bellman.Environments.Chemotaxis;

/// <summary>A point or a displacement in space, in the world's arbitrary length units.</summary>
/// <param name="X">First coordinate.</param>
/// <param name="Y">Second coordinate.</param>
/// <param name="Z">Third coordinate.</param>
public readonly record struct Vector3D(double X, double Y, double Z)
{
    // Below this length a difference of two positions has no meaningful direction.
    private const double Coincident = 1e-12;

    /// <summary>The origin, or no displacement.</summary>
    public static Vector3D Zero => default;

    /// <summary>Squared Euclidean length.</summary>
    public double SquaredLength => X * X + Y * Y + Z * Z;

    /// <summary>Euclidean length.</summary>
    public double Length => Math.Sqrt(SquaredLength);

    /// <summary>The direction, of length 1; zero where the length is below 1e-12, so that coinciding points exert nothing.</summary>
    public Vector3D Unit => Length is var length && length < Coincident ? Zero : this * (1 / length);

    /// <summary>Sum.</summary>
    public static Vector3D operator +(Vector3D a, Vector3D b) => new(a.X + b.X, a.Y + b.Y, a.Z + b.Z);

    /// <summary>Difference.</summary>
    public static Vector3D operator -(Vector3D a, Vector3D b) => new(a.X - b.X, a.Y - b.Y, a.Z - b.Z);

    /// <summary>Scaling.</summary>
    public static Vector3D operator *(Vector3D a, double scale) => new(a.X * scale, a.Y * scale, a.Z * scale);

    /// <summary>Sum.</summary>
    public Vector3D Add(Vector3D other) => this + other;

    /// <summary>Difference.</summary>
    public Vector3D Subtract(Vector3D other) => this - other;

    /// <summary>Scaling.</summary>
    public Vector3D Multiply(double scale) => this * scale;

    /// <summary>Inner product.</summary>
    public double Dot(Vector3D other) => X * other.X + Y * other.Y + Z * other.Z;

    /// <summary>Each coordinate moved into [-<paramref name="halfEdge"/>, <paramref name="halfEdge"/>].</summary>
    public Vector3D Clip(double halfEdge) =>
        new(Math.Clamp(X, -halfEdge, halfEdge), Math.Clamp(Y, -halfEdge, halfEdge), Math.Clamp(Z, -halfEdge, halfEdge));

    /// <summary>The coordinates, as <c>(1, 2.5, 0)</c>; a record's own text would recurse into <see cref="Unit"/>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"({X}, {Y}, {Z})");

    /// <summary>Three uniform draws in [low, high), in the order x, y, z.</summary>
    public static Vector3D Uniform(RandomStream random, double low, double high)
    {
        var x = random.NextUniform(low, high);
        var y = random.NextUniform(low, high);
        return new Vector3D(x, y, random.NextUniform(low, high));
    }

    /// <summary>Three normal draws, in the order x, y, z.</summary>
    public static Vector3D Gaussian(RandomStream random, double deviation)
    {
        var x = random.NextGaussian();
        var y = random.NextGaussian();
        return new Vector3D(x, y, random.NextGaussian()) * deviation;
    }

    /// <summary>A direction uniform on the sphere (Archimedes: its height is uniform).</summary>
    public static Vector3D RandomDirection(RandomStream random)
    {
        var height = random.NextUniform(-1, 1);
        var (sine, cosine) = Math.SinCos(2 * Math.PI * random.NextDouble());
        var ring = Math.Sqrt(1 - height * height);
        return new Vector3D(ring * cosine, ring * sine, height);
    }
}
