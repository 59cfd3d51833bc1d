namespace OnnxPolicy;

/// <summary>A simulator of one's own: a pole on a cart that is pushed left or right (Barto, Sutton and Anderson 1983).</summary>
internal sealed class Cart
{
    private const float Gravity = 9.8f, CartMass = 1, PoleMass = 0.1f, HalfLength = 0.5f, Force = 10, Seconds = 0.02f;
    private const float LargestPosition = 2.4f, LargestAngle = 12 * MathF.PI / 180;

    private float position, velocity, angle, angularVelocity;

    public Cart(Random random) =>
        (position, velocity, angle, angularVelocity) = (Small(random), Small(random), Small(random), Small(random));

    /// <summary>What the policy was trained to see.</summary>
    public float[] Observation => [position, velocity, angle, angularVelocity];

    public bool HasFallen => MathF.Abs(position) > LargestPosition || MathF.Abs(angle) > LargestAngle;

    public void Push(bool right)
    {
        const float total = CartMass + PoleMass;
        var (sine, cosine) = MathF.SinCos(angle);
        var push = ((right ? Force : -Force) + PoleMass * HalfLength * angularVelocity * angularVelocity * sine) / total;
        var angularAcceleration = (Gravity * sine - cosine * push) / (HalfLength * (4f / 3 - PoleMass * cosine * cosine / total));
        var acceleration = push - PoleMass * HalfLength * angularAcceleration * cosine / total;
        position += Seconds * velocity;
        velocity += Seconds * acceleration;
        angle += Seconds * angularVelocity;
        angularVelocity += Seconds * angularAcceleration;
    }

    public override string ToString()
    {
        var track = new char[41];
        Array.Fill(track, '_');
        track[Math.Clamp((int)(20 + position / LargestPosition * 20), 0, 40)] = angle switch { > 0.02f => '/', < -0.02f => '\\', _ => '|' };
        return new string(track);
    }

    private static float Small(Random random) => (float)(random.NextDouble() * 0.1 - 0.05);
}
